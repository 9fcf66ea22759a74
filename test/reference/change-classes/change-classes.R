# R 4.x, base only. Severity-adjusted effect sizes and shares with Wilson intervals.
d <- read.csv("clients.csv"); d <- d[!is.na(d$ors_12), ]
gain <- d$ors_12 - d$ors_0
fit <- lm(gain ~ d$ors_0)
saes <- (mean(gain) + resid(fit)) / sd(d$ors_0)
cat("saes", format(saes, digits = 12), "\n")
for (a in c("TAU", "FIT")) { g <- gain[d$arm == a]; cat(a, mean(g), sd(g) / sqrt(length(g)), t.test(g)$conf.int, "\n", sep = " ") }
print(prop.test(1, 6, correct = FALSE)$conf.int, digits = 12)
cat(R.version.string, "\n")
