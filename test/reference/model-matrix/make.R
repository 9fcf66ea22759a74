# Model matrices of R and lme4 for test/formula: `Rscript make.R` in this folder writes data.csv and expected.json.
# Names are R's own: `treatment[BtheB]:month` is `treatmentBtheB:month` here.
suppressPackageStartupMessages({
  library(splines)
  library(lme4)
  library(jsonlite)
})

set.seed(20240919)
n <- 40
data <- data.frame(
  y = round(rnorm(n, 20, 5), 2),
  f = factor(sample(c("low", "mid", "high"), n, TRUE), levels = c("low", "mid", "high")),
  g = factor(rep(c("TAU", "FIT"), length.out = n), levels = c("TAU", "FIT")),
  h = factor(sample(c("u", "v", "w"), n, TRUE), levels = c("u", "v", "w")),
  x = round(rnorm(n), 3),
  z = round(runif(n, -2, 9), 3),
  w = round(rexp(n, 0.2) + 0.01, 3),
  m = sample(c(2, 10, 3, 1.5), n, TRUE),
  unit = factor(paste0("u", rep(1:5, each = 8))),
  staff = factor(paste0("s", rep(1:2, each = 4, length.out = n)))
)
data$y[7] <- NA
data$x[c(3, 12)] <- NA
data$f[5] <- NA
write.csv(data, "data.csv", row.names = FALSE, quote = FALSE, na = "")

design <- function(formula, subset = NULL) {
  used <- if (is.null(subset)) data else data[eval(str2lang(subset), data), ]
  columns <- intersect(names(data), all.vars(str2lang(formula)))
  used <- used[complete.cases(used[columns]), ]
  used <- droplevels(used)
  frame <- model.frame(as.formula(formula), used)
  X <- model.matrix(attr(frame, "terms"), frame)
  offset <- model.offset(frame)
  list(formula = formula, where = subset, rows = I(as.integer(rownames(used))), names = I(colnames(X)),
       X = unname(X), offset = if (is.null(offset)) NULL else I(as.numeric(offset)))
}

designs <- list(
  design("y ~ g * f"),
  design("y ~ f * x"),
  design("y ~ x:f"),
  design("y ~ f:g"),
  design("y ~ g + f:g"),
  design("y ~ f:g + g"),
  design("y ~ x + f:x + g:f"),
  design("y ~ 0 + f"),
  design("y ~ f + g - 1"),
  design("y ~ 0 + f:g"),
  design("y ~ 0 + x + x:f"),
  design("y ~ 0 + x + g * f"),
  design("y ~ 0 + z"),
  design("y ~ f * g * h"),
  design("y ~ (f + g + x)^2"),
  design("y ~ (f + g + x)^3 - f:g"),
  design("y ~ f:g:h"),
  design("y ~ g + f:g:x"),
  design("y ~ f / x"),
  design("y ~ f / (x + g)"),
  design("y ~ unit / staff"),
  design("y ~ (f + g) / x"),
  design("y ~ g:f + x:z + f"),
  design("y ~ g * x - g"),
  design("y ~ ns(z, 1)"),
  design("y ~ ns(z, 3)"),
  design("y ~ ns(z, 4)"),
  design("y ~ g * ns(z, 3)"),
  design("y ~ ns(log(w), 4) + x"),
  design("y ~ ns(x, 3):f"),
  design("y ~ ns(m, 3)"),
  design("y ~ I(x^2) + I((x + 1) * z / 2) + I(-x^2) + I(2 - 3 - x)"),
  design("y ~ log(w) + sqrt(w) + exp(x) + abs(x) + log2(w) + log10(w) + log1p(w) + log(w + 1)"),
  design("y ~ log(w) * g + I(w^3)"),
  design("y ~ factor(m)"),
  design("y ~ factor(m) * x"),
  design("y ~ f * x", "f != \"mid\""),
  design("y ~ factor(m) + g", "m != 3"),
  design("y ~ ns(z, 3) + f", "z > 0"),
  design("y ~ x + offset(z) + offset(log(w))"),
  design("y ~ offset(2 * z) + g"),
  design("y ~ 1"),
  design("log(w) ~ f")
)

# The spline at new values, within and beyond the boundary knots.
grid <- data.frame(z = c(-5, -2.5, -1, 0, 1.5, 4, 8, 9.5, 12))
knots <- function(df) {
  basis <- ns(data$z, df)
  list(df = df, at = I(grid$z), knots = I(unname(attr(basis, "knots"))), boundary = I(attr(basis, "Boundary.knots")),
       basis = unname(as.matrix(predict(basis, grid$z))[, , drop = FALSE]) |> (\(b) matrix(b, nrow = nrow(grid)))())
}

# Z of one random term: for each of its columns (in order) the values, and the group of every row.
random <- function(formula) {
  parsed <- lFormula(as.formula(formula), data, control = lmerControl(
    check.nobs.vs.nRE = "ignore", check.nobs.vs.nlev = "ignore", check.scaleX = "ignore"))
  parts <- lapply(seq_along(parsed$reTrms$cnms), function(i) {
    names <- parsed$reTrms$cnms[[i]]
    group <- names(parsed$reTrms$cnms)[i]
    levels <- as.character(parsed$reTrms$flist[[attr(parsed$reTrms$flist, "assign")[i]]])
    block <- as.matrix(parsed$reTrms$Ztlist[[i]])
    # Row (level, column) of Z' holds the column's values in that level's rows.
    values <- sapply(seq_along(names), function(j) colSums(block[seq(j, nrow(block), length(names)), , drop = FALSE]))
    list(group = group, names = I(names), values = unname(matrix(values, ncol = length(names))), levels = I(levels))
  })
  list(formula = formula, rows = I(as.integer(rownames(parsed$fr))), parts = parts)
}

randoms <- list(
  random("y ~ x + (1 | unit)"),
  random("y ~ x + (x | unit)"),
  random("y ~ x + (x + z || unit)"),
  random("y ~ x + (0 + x | unit)"),
  random("y ~ x + (0 + g | unit)"),
  random("y ~ x + (g | unit)"),
  random("y ~ x + (g * z | unit)"),
  random("y ~ x + (1 | unit / staff)"),
  random("y ~ x + (1 | unit:staff)"),
  random("y ~ x + (1 | unit) + (1 | staff)"),
  random("y ~ x + (z || unit / staff)"),
  random("y ~ x + (1 | m)")
)

# The expansion of formulas.
expanded <- lapply(c(
  "y ~ a * b", "y ~ (a + b + c)^2 + b:d + a * d - b", "y ~ b:a + a", "y ~ b + c:a + b:c - b", "y ~ (a + b) / c", "y ~ a / (b + c)",
  "y ~ a / b / c", "y ~ (a + b + c)^3 - a:b", "y ~ a * b * c + 0", "y ~ a + b - 1", "y ~ 0 + a + 1", "y ~ a - (b + a:b) + b", "y ~ -1 + a",
  "y ~ -a + b", "y ~ (a + b):(c + d)", "y ~ (a * b):c", "y ~ (a + b + c)^2 - (a + b)", "y ~ a:a + a", "y ~ b * a - b", "y ~ a + b - (0 + a)",
  "y ~ (a / b)^2", "y ~ c + (b + a)^2", "y ~ log(x+1) + I((x/2)^2) + I(-x) + I(x*2-1)", "y ~ (1 + a) + b", "y ~ a:b:c + c:b"
), function(f) {
  t <- terms(as.formula(f))
  list(formula = f, intercept = attr(t, "intercept") == 1, labels = I(attr(t, "term.labels")))
})

write_json(
  list(software = list(R = R.version.string, splines = as.character(packageVersion("splines")), lme4 = as.character(packageVersion("lme4"))),
       expanded = expanded, designs = designs, splines = lapply(c(1, 3, 4, 6), knots), random = randoms),
  "expected.json", digits = NA, auto_unbox = TRUE, null = "null"
)
