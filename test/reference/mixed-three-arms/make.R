# Reference values for a simulated cluster-randomised trial of three arms. Run in this folder: Rscript make.R
source("../reference.R")

set.seed(20240919)
clusters <- sprintf("U%02d", 1:15)
arms <- c("TAU", "FIT", "FIT+")
people <- do.call(rbind, lapply(seq_along(clusters), function(u) {
  n <- 3 + (u * 7) %% 6
  data.frame(unit = clusters[u], arm = arms[(u - 1) %% 3 + 1], client = sprintf("%s-%d", clusters[u], seq_len(n)),
             age = round(rnorm(n, 40, 12)), baseline = round(rnorm(n, 20, 7), 1), u = rnorm(1, 0, 2), b = rnorm(n, 0, 3))
}))
data <- merge(people, data.frame(month = c(3, 6, 12)), by = NULL)
data <- data[order(data$client, data$month), ]
effect <- c(TAU = 0, FIT = 1.5, "FIT+" = 3)[data$arm]
data$exposure <- round(runif(nrow(data), 0, 4), 1)
data$ors <- round(12 + 0.4 * data$baseline + 0.2 * data$month + effect * data$month / 12 + data$u + data$b + rnorm(nrow(data), 0, 4) + data$exposure, 1)
data$ors[runif(nrow(data)) < 0.15] <- NA
data$age[c(5, 40)] <- NA
data$arm <- factor(data$arm, levels = arms)
data$unit <- factor(data$unit); data$client <- factor(data$client, levels = unique(data$client))
data <- data[, c("unit", "client", "arm", "age", "baseline", "month", "exposure", "ors")]
rownames(data) <- NULL
stored <- data
data$visit <- factor(data$month)

visits <- fit_mixed(ors ~ baseline + age + arm * visit + (1 | unit) + (1 | client), data)
offset_fit <- fit_mixed(ors ~ baseline + arm + month + offset(exposure) + (1 | unit) + (1 | client), data)
offset_slope <- fit_mixed(ors ~ arm * month + offset(exposure) + (month | client), data)
record <- mixed_record("by-visit", "ors ~ baseline + age + arm * factor(month) + (1 | unit) + (1 | client)", visits, data,
  rename = c(visit = "factor(month)"),
  hypotheses = list("arm by month" = rows_for(visits$model, ":"), "arm" = rows_for(visits$model, "^arm[^:]*$")))
record$means <- adjusted_means(visits, "arm", "visit", by_name = "month")
write_case(
  "A simulated cluster-randomised trial: 15 units, three arms, three visits, missing outcomes and ages, an offset; some variances may be small",
  "simulated in make.R",
  stored, c("unit", "client"),
  list(
    record,
    mixed_record("offset", "ors ~ baseline + arm + month + offset(exposure) + (1 | unit) + (1 | client)", offset_fit, data),
    mixed_record("offset-slopes", "ors ~ arm * month + offset(exposure) + (month | client)", offset_slope, data)
  )
)
