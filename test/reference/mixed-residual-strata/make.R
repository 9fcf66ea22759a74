# A residual variance for each arm, by nlme's lme with varIdent. Run in this folder: Rscript make.R
source("../reference.R")

set.seed(5)
therapists <- data.frame(therapist = sprintf("T%02d", 1:20), arm = rep(c("TAU", "FIT"), 10), effect = rnorm(20, 0, 2.5))
data <- do.call(rbind, lapply(1:20, function(t) {
  n <- 4 + (t * 3) %% 5
  data.frame(therapists[rep(t, n), ], ors_0 = round(rnorm(n, 18, 6), 1))
}))
data$ors <- round(10 + 0.5 * data$ors_0 + 2 * (data$arm == "FIT") + data$effect + rnorm(nrow(data), 0, ifelse(data$arm == "FIT", 7, 4)), 1)
data <- data[, c("therapist", "arm", "ors_0", "ors")]
data$arm <- factor(data$arm, levels = c("TAU", "FIT")); data$therapist <- factor(data$therapist); rownames(data) <- NULL
tightest <- nlme::lmeControl(opt = "nlminb", msMaxIter = 2000, maxIter = 500, tolerance = 1e-12, msTol = 1e-14, niterEM = 100)
fixed <- ors ~ ors_0 + arm
fits <- lapply(c("REML", "ML"), function(method) {
  model <- do.call(nlme::lme, list(fixed, data, random = ~ 1 | therapist, weights = varIdent(form = ~ 1 | arm), method = method, control = tightest))
  sds <- model$sigma * coef(model$modelStruct$varStruct, unconstrained = FALSE, allCoef = TRUE)[levels(data$arm)]
  g <- as.numeric(getVarCov(model))
  V <- g * outer(as.character(data$therapist), as.character(data$therapist), "==") + diag(sds[as.character(data$arm)]^2)
  X <- model.matrix(fixed, data); W <- solve(V); XWX <- t(X) %*% W %*% X; n <- nrow(X); p <- ncol(X)
  b <- solve(XWX, t(X) %*% W %*% data$ors); r <- data$ors - X %*% b; REML <- method == "REML"
  criterion <- determinant(V)$modulus + t(r) %*% W %*% r + (n - REML * p) * log(2 * pi) + if (REML) determinant(XWX)$modulus else 0
  list(id = tolower(method), formula = "ors ~ ors_0 + arm + (1 | therapist)", method = method, observations = n,
       names = project_names(names(fixef(model)), data), coef = unname(fixef(model)), se = unname(sqrt(diag(solve(XWX)))),
       residual = as.list(sds), sd = list("therapist:(Intercept)" = sqrt(g)), logLik = -as.numeric(criterion) / 2, nlmeLogLik = as.numeric(logLik(model)))
})
# Profile intervals by ML: where the likelihood with one parameter held is z²/2 lower. A coefficient: lme on what is
# left of the outcome. A standard deviation: the dense likelihood, least squares for the coefficients.
refit <- function(response, fixed) {
  d <- data; d$left <- response
  as.numeric(logLik(do.call(nlme::lme, list(reformulate(fixed, "left"), d, random = ~ 1 | therapist, weights = varIdent(form = ~ 1 | arm), method = "ML", control = tightest))))
}
X <- model.matrix(fixed, data); same <- outer(as.character(data$therapist), as.character(data$therapist), "=="); n <- nrow(X)
dense <- function(sds) {
  V <- sds[1]^2 * same + diag(ifelse(data$arm == "TAU", sds[2], sds[3])^2)
  U <- chol(V); A <- backsolve(U, X, transpose = TRUE); z <- backsolve(U, data$ors, transpose = TRUE)
  -sum(log(diag(U))) - sum(lm.fit(A, z)$residuals^2) / 2 - n / 2 * log(2 * pi)
}
ml <- fits[[2]]; z <- qnorm(.975)
best <- c(ml$sd[[1]], ml$residual$TAU, ml$residual$FIT)
held <- list(
  function(c) refit(data$ors - c, c("0", "ors_0", "I(as.numeric(arm == 'FIT'))")),
  function(c) refit(data$ors - c * data$ors_0, "arm"),
  function(c) refit(data$ors - c * (data$arm == "FIT"), "ors_0"))
held <- c(held, lapply(1:3, function(k) function(c)
  -nlminb(log(best[-k]), function(l) -dense(append(exp(l), c, k - 1)), control = list(rel.tol = 1e-14, x.tol = 1e-12))$objective))
at <- c(ml$coef, best)
range <- function(k, side) if (k > 3) at[k] * (if (side < 0) c(0.05, 1) else c(1, 5)) else sort(at[k] + side * ml$se[k] * c(0.5, 4))
limit <- function(k, side) uniroot(function(c) 2 * (ml$logLik - held[[k]](c)) - z^2, range(k, side), tol = 1e-9)$root
fits[[2]]$profile <- list(names = c(paste0("coefficient:", ml$names), "sd:therapist:(Intercept)", "sd:residual:arm[TAU]", "sd:residual:arm[FIT]"),
  lower = sapply(1:6, limit, -1), upper = sapply(1:6, limit, 1))
print(fits[[2]]$profile)

for (f in fits) cat(f$id, f$logLik - f$nlmeLogLik, unlist(f$residual), "\n")
write_case("Simulated: a residual variance for each arm", "simulated in make.R", data, "therapist", fits, packages = "nlme")
