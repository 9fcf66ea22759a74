# Reference values for nested and crossed groups together, unbalanced. Run in this folder: Rscript make.R
source("../reference.R")

set.seed(99)
n <- 220
data <- data.frame(school = sample(sprintf("S%d", 1:8), n, TRUE), class = sample(c("a", "b", "c"), n, TRUE),
                   rater = sample(sprintf("R%02d", 1:11), n, TRUE), x = round(rnorm(n), 3))
s <- setNames(rnorm(8, 0, 2), sprintf("S%d", 1:8)); r <- setNames(rnorm(11, 0, 1.5), sprintf("R%02d", 1:11))
sc <- setNames(rnorm(24, 0, 1.2), as.vector(outer(sprintf("S%d", 1:8), c("a", "b", "c"), paste)))
rs <- setNames(rnorm(11, 0, 0.8), names(r))
data$z <- as.numeric(as.integer(sub("S", "", data$school)) > 4)
data$y <- round(50 + 0.7 * data$x + data$z + s[data$school] + sc[paste(data$school, data$class)] + r[data$rater] + rs[data$rater] * data$x + rnorm(n, 0, 2), 3)
data <- data[, c("school", "class", "rater", "z", "x", "y")]
for (v in c("school", "class", "rater")) data[[v]] <- factor(data[[v]])

groups <- fit_mixed(y ~ x + z + (1 | school / class) + (1 | rater), data)
slopes <- fit_mixed(y ~ x * z + (1 | school / class) + (x | rater), data)
write_case(
  "Simulated: classes nested in schools, raters crossed with both, unbalanced",
  "simulated in make.R",
  data, c("school", "class", "rater"),
  list(
    mixed_record("intercepts", "y ~ x + z + (1 | school / class) + (1 | rater)", groups, data),
    mixed_record("rater-slopes", "y ~ x * z + (1 | school / class) + (x | rater)", slopes, data,
                 hypotheses = list("x and z" = rows_for(slopes$model, "x|z")))
  )
)
