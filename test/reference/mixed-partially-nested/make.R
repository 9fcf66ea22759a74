# Reference values for therapists clustered in one arm, or in both with a variance each. Run in this folder: Rscript make.R
source("../reference.R")

set.seed(7)
therapists <- data.frame(therapist = sprintf("T%02d", 1:24), arm = rep(c("TAU", "FIT"), each = 12), unit = rep(sprintf("U%d", 1:6), 4),
                         effect = c(rnorm(12, 0, 2.2), rnorm(12, 0, 3.5)))
units <- setNames(rnorm(6, 0, 2), sprintf("U%d", 1:6))
data <- do.call(rbind, lapply(seq_len(24), function(t) {
  n <- 4 + (t * 5) %% 6
  data.frame(therapists[rep(t, n), ], ors_0 = round(rnorm(n, 18, 6), 1))
}))
data$fit <- as.numeric(data$arm == "FIT"); data$tau <- 1 - data$fit
data$ors <- round(10 + 0.5 * data$ors_0 + 2 * data$fit + data$effect + units[data$unit] + rnorm(nrow(data), 0, 5), 1)
data <- data[, c("unit", "therapist", "arm", "fit", "tau", "ors_0", "ors")]
data$arm <- factor(data$arm, levels = c("TAU", "FIT")); data$unit <- factor(data$unit); data$therapist <- factor(data$therapist)
rownames(data) <- NULL

both <- fit_mixed(ors ~ ors_0 + arm + (1 | unit) + (0 + tau | therapist) + (0 + fit | therapist), data)
one <- fit_mixed(ors ~ ors_0 + arm + (0 + fit | therapist), data)
record <- mixed_record("both-arms", "ors ~ ors_0 + arm + (1 | unit) + (0 + tau | therapist) + (0 + fit | therapist)", both, data)
record$means <- adjusted_means(both, "arm")
write_case(
  "Simulated: therapists nested in arm, each arm with its own therapist variance; and clustering in one arm only",
  "simulated in make.R (model of Roberts & Roberts 2005)",
  data, c("unit", "therapist"),
  list(record, mixed_record("one-arm", "ors ~ ors_0 + arm + (0 + fit | therapist)", one, data))
)
