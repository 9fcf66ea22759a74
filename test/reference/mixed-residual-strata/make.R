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
for (f in fits) cat(f$id, f$logLik - f$nlmeLogLik, unlist(f$residual), "\n")
write_case("Simulated: a residual variance for each arm", "simulated in make.R", data, "therapist", fits, packages = "nlme")
