# Repeated measures by nlme: gls for a covariance over visits alone, lme with clusters beside it.
# Run in this folder: Rscript make.R
source("../reference.R")

set.seed(11)
K <- 4
Sigma <- diag(c(3, 4, 5, 6)) %*% (0.65^abs(outer(1:K, 1:K, "-"))) %*% diag(c(3, 4, 5, 6))
people <- data.frame(id = sprintf("P%02d", 1:72), therapist = sprintf("T%02d", rep(1:12, each = 6)), arm = rep(c("TAU", "FIT"), 36))
people$base <- round(rnorm(72, 18, 5), 1)
effect <- setNames(rnorm(12, 0, 2.5), sprintf("T%02d", 1:12))
data <- do.call(rbind, lapply(1:72, function(i) {
  e <- as.numeric(t(chol(Sigma)) %*% rnorm(K))
  data.frame(people[rep(i, K), ], visit = c(1, 3, 6, 12),
             y = round(8 + 0.5 * people$base[i] + (people$arm[i] == "FIT") * c(0, 1, 2, 3) + effect[people$therapist[i]] + e, 2))
}))
# Missing here and there, and dropout.
data$y[runif(nrow(data)) < 0.08] <- NA
for (i in sample(72, 14)) data$y[data$id == people$id[i] & data$visit >= sample(c(3, 6, 12), 1)] <- NA
data$arm <- factor(data$arm, levels = c("TAU", "FIT")); data$visit <- factor(data$visit)
data$id <- factor(data$id); data$therapist <- factor(data$therapist); rownames(data) <- NULL
used <- droplevels(data[!is.na(data$y), ]); used$t <- as.integer(used$visit)

control <- nlme::glsControl(tolerance = 1e-12, msTol = 1e-14, maxIter = 500, msMaxIter = 2000)
tightest <- nlme::lmeControl(opt = "nlminb", msMaxIter = 2000, maxIter = 500, tolerance = 1e-12, msTol = 1e-14, niterEM = 100)
fixed <- y ~ base + arm * visit
# −2 log-likelihood up to nothing: the REML criterion is log|V| + log|X'V⁻¹X| + y'Py + (n − p) log 2π.
criterion <- function(model, V, REML) {
  X <- model.matrix(fixed, used); y <- used$y; W <- solve(V); p <- ncol(X); n <- nrow(X)
  XWX <- t(X) %*% W %*% X; b <- solve(XWX, t(X) %*% W %*% y); r <- y - X %*% b
  as.numeric(determinant(V)$modulus + t(r) %*% W %*% r + (n - REML * p) * log(2 * pi) + if (REML) determinant(XWX)$modulus else 0)
}
sigma_of <- function(model) { # over the four visits, from a participant who has all of them
  full <- names(which(table(used$id) == K))[1]
  corr <- as.matrix(corMatrix(model$modelStruct$corStruct)[[grep(paste0(full, "$"), names(corMatrix(model$modelStruct$corStruct)))]])
  weights <- if (is.null(model$modelStruct$varStruct)) rep(1, K) else coef(model$modelStruct$varStruct, unconstrained = FALSE, allCoef = TRUE)[levels(used$visit)]
  model$sigma^2 * corr * outer(weights, weights)
}
within_V <- function(S) {
  V <- S[used$t, used$t]; V[outer(as.character(used$id), as.character(used$id), "!=")] <- 0; unname(V)
}
record <- function(id, structure, formula, model, REML, V, extra = list()) {
  t <- if (inherits(model, "gls")) list(b = coef(model), v = vcov(model)) else list(b = fixef(model), v = vcov(model))
  # nlme scales the covariance of ML fits by n/(n − p); taken back.
  c(list(id = id, structure = structure, formula = formula, method = if (REML) "REML" else "ML",
         observations = nrow(used), names = project_names(names(t$b), used),
         coef = unname(t$b), se = unname(sqrt(diag(solve(t(model.matrix(fixed, used)) %*% solve(V) %*% model.matrix(fixed, used))))),
         logLik = -criterion(model, V, REML) / 2, nlmeLogLik = as.numeric(logLik(model))), extra)
}
plain <- function(id, structure, correlation, weights, REML) {
  model <- do.call(nlme::gls, list(fixed, used, correlation = correlation, weights = weights, method = if (REML) "REML" else "ML", control = control))
  S <- sigma_of(model)
  record(id, structure, sprintf("y ~ base + arm * visit + %s(visit | id)", structure), model, REML, within_V(S), list(sigma = unname(S), sd = setNames(list(), character(0))))
}
each <- varIdent(form = ~ 1 | visit)
us <- corSymm(form = ~ t | id); cs <- corCompSymm(form = ~ 1 | id); ar1 <- corAR1(form = ~ t | id)
fits <- list(
  plain("us", "us", us, each, TRUE), plain("us-ml", "us", us, each, FALSE),
  plain("cs", "cs", cs, NULL, TRUE), plain("csh", "csh", cs, each, TRUE),
  plain("ar1", "ar1", ar1, NULL, TRUE), plain("ar1h", "ar1h", ar1, each, TRUE), plain("ar1h-ml", "ar1h", ar1, each, FALSE)
)
clustered <- function(id, structure, correlation) {
  model <- do.call(nlme::lme, list(fixed, used, random = ~ 1 | therapist, correlation = correlation, weights = each, method = "REML", control = tightest))
  S <- sigma_of(model)
  g <- as.numeric(getVarCov(model))
  V <- within_V(S) + g * outer(as.character(used$therapist), as.character(used$therapist), "==")
  record(id, structure, sprintf("y ~ base + arm * visit + %s(visit | id) + (1 | therapist)", structure), model, TRUE, V,
         list(sigma = unname(S), sd = list("therapist:(Intercept)" = sqrt(g))))
}
fits <- c(fits, list(
  clustered("clustered-us", "us", corSymm(form = ~ t | therapist / id)),
  clustered("clustered-ar1h", "ar1h", corAR1(form = ~ t | therapist / id))
))
# A random intercept of the participants beside a correlation that falls with the visits between.
own <- function(id, structure, weights) {
  model <- do.call(nlme::lme, list(fixed, used, random = ~ 1 | id, correlation = corAR1(form = ~ t | id), weights = weights, method = "REML", control = tightest))
  S <- sigma_of(model)
  g <- as.numeric(getVarCov(model))
  V <- within_V(S) + g * outer(as.character(used$id), as.character(used$id), "==")
  record(id, structure, sprintf("y ~ base + arm * visit + %s(visit | id) + (1 | id)", structure), model, TRUE, V,
         list(sigma = unname(S), sd = list("id:(Intercept)" = sqrt(g))))
}
fits <- c(fits, list(own("intercept-ar1", "ar1", NULL), own("intercept-ar1h", "ar1h", each)))
for (f in fits) cat(f$id, f$logLik - f$nlmeLogLik, "\n")
write_case("Simulated: four visits, missing here and there and by dropout, participants within therapists",
           "simulated in make.R", data, c("id", "therapist"), fits, packages = "nlme")
