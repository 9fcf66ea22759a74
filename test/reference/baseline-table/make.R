# Quantiles of type 7 and standardised differences (Austin 2009; Yang & Dalton 2012). Base R alone.
a <- c(3, 8, 1, 9.5, 4, 4, 12, 7); b <- c(2, 6, 6, 11, 15)
q <- function(x) unname(quantile(x, c(.25, .5, .75), type = 7))
smd <- (mean(b) - mean(a)) / sqrt((var(a) + var(b)) / 2)
p <- c(10, 20, 15, 5); r <- c(8, 12, 30, 10)
s <- function(n) { x <- n / sum(n); x <- x[-1]; diag(x) - x %*% t(x) }
d <- (r / sum(r) - p / sum(p))[-1]
distance <- sqrt(drop(t(d) %*% solve((s(p) + s(r)) / 2) %*% d))
p2 <- 12 / 40; r2 <- 30 / 50
binary <- (r2 - p2) / sqrt((p2 * (1 - p2) + r2 * (1 - r2)) / 2)
cat(sprintf('{ "R": "%s", "a": { "mean": %.15g, "sd": %.15g, "quartiles": [%s] }, "b": { "mean": %.15g, "sd": %.15g, "quartiles": [%s] },\n  "number": %.15g, "categories": %.15g, "binary": %.15g }\n',
  as.character(getRversion()), mean(a), sd(a), paste(format(q(a), digits = 15), collapse = ", "), mean(b), sd(b),
  paste(format(q(b), digits = 15), collapse = ", "), smd, distance, binary), file = "expected.json")
