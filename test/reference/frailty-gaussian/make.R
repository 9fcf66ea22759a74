# Cox models with gaussian frailty by Laplace's approximation, plainly and densely: the partial likelihood and its
# derivatives term by term over the events, Newton for (b, beta), nlminb over the log standard deviations.
# Writes the data of each case (<case>.csv) and expected.json. Base R and survival (its data alone).
library(survival)
library(jsonlite)
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))

# Log partial likelihood, score and minus the Hessian in the columns of A (n x c) at eta = off + A x.
partial <- function(x, A, d) {
  eta <- d$off + as.vector(A %*% x)
  r <- d$w * exp(eta)
  ll <- 0; U <- numeric(ncol(A)); H <- matrix(0, ncol(A), ncol(A))
  for (s in unique(d$strata)) for (t in sort(unique(d$time[d$event == 1 & d$strata == s]))) {
    risk <- which(d$strata == s & d$time >= t & d$start < t)
    dead <- which(d$strata == s & d$time == t & d$event == 1)
    m <- length(dead); wbar <- mean(d$w[dead])
    ll <- ll + sum(d$w[dead] * eta[dead]); U <- U + colSums(d$w[dead] * A[dead, , drop = FALSE])
    for (k in seq_len(m)) {
      rho <- ifelse(risk %in% dead & d$ties == "efron", 1 - (k - 1) / m, 1) * r[risk]
      B <- A[risk, , drop = FALSE]
      p <- rho / sum(rho); mu <- colSums(p * B)
      ll <- ll - wbar * log(sum(rho)); U <- U - wbar * mu
      H <- H + wbar * (crossprod(B, p * B) - tcrossprod(mu))
    }
  }
  list(ll = ll, U = U, H = H)
}

# Maximum of ll - b'b / (2 sd^2) and the integrated log partial likelihood; terms with sd 0 left out.
inner <- function(sds, Zs, X, d) {
  use <- sds > 0
  A <- do.call(cbind, c(Zs[use], list(X)))
  q <- sapply(Zs[use], ncol)
  prec <- c(rep(1 / sds[use]^2, q), rep(0, ncol(X)))
  nq <- sum(unlist(q))
  x <- numeric(ncol(A)); f <- partial(x, A, d)
  for (i in 1:100) {
    J <- f$H + diag(prec, length(prec)); g <- f$U - prec * x
    step <- solve(J, g); h <- 1
    repeat {
      y <- x + h * step; fy <- partial(y, A, d)
      if (fy$ll - sum(prec * y^2) / 2 >= f$ll - sum(prec * x^2) / 2 - 1e-9) break
      h <- h / 2
    }
    x <- y; f <- fy
    if (sum(g * step) < 1e-20) break
  }
  J <- f$H + diag(prec, length(prec))
  ipl <- f$ll - sum(prec * x^2) / 2
  if (nq > 0) {
    K <- J[1:nq, 1:nq, drop = FALSE]
    ipl <- ipl - (as.numeric(determinant(K)$modulus) + sum(log(rep(sds[use]^2, q)))) / 2
  }
  V <- solve(J)
  list(ipl = ipl, penalised = f$ll - sum(prec * x^2) / 2, fitted = f$ll, x = x, nq = nq, V = V,
       coef = tail(x, ncol(X)), vcov = V[nq + seq_len(ncol(X)), nq + seq_len(ncol(X)), drop = FALSE],
       df = length(x) - sum(diag(V) * prec))
}

fit <- function(d, X, groups, start = rep(0.5, length(groups))) {
  if (is.null(d$start)) d$start <- rep(-Inf, length(d$time))
  if (is.null(d$w)) d$w <- rep(1, length(d$time))
  if (is.null(d$off)) d$off <- rep(0, length(d$time))
  if (is.null(d$strata)) d$strata <- rep(1, length(d$time))
  if (is.null(d$ties)) d$ties <- "efron"
  Zs <- lapply(groups, function(g) { g <- factor(g, levels = unique(g)); m <- matrix(0, length(g), nlevels(g)); m[cbind(seq_along(g), g)] <- 1; m })
  f <- function(l) -2 * inner(exp(l), Zs, X, d)$ipl
  o <- nlminb(log(start), f, lower = -9, control = list(rel.tol = 1e-14, x.tol = 1e-12, abs.tol = 0, iter.max = 500, eval.max = 1000))
  sds <- exp(o$par); sds[sds < 1e-3] <- 0
  a <- inner(sds, Zs, X, d)
  free <- which(sds > 0)
  seSd <- rep(NA, length(sds))
  if (length(free) > 0) {
    at <- function(s) { v <- sds; v[free] <- s; -inner(v, Zs, X, d)$ipl }
    seSd[free] <- sqrt(diag(solve(numericHessian(at, sds[free]))))
  }
  modes <- if (a$nq > 0) split(a$x[1:a$nq], rep(seq_along(Zs)[sds > 0], sapply(Zs[sds > 0], ncol))) else list()
  list(coef = a$coef, se = sqrt(diag(a$vcov)), sd = sds, seSd = seSd, integrated = a$ipl, penalised = a$penalised, fitted = a$fitted,
       null = partial(numeric(ncol(X)), X, d)$ll, without = inner(0 * sds, Zs, X, d)$ipl, df = a$df,
       levels = lapply(groups, function(g) as.character(unique(g))), modes = unname(modes))
}
numericHessian <- function(f, x) {
  n <- length(x); h <- 1e-3 * pmax(abs(x), 0.1); H <- matrix(0, n, n)
  e <- function(i, s) { v <- numeric(n); v[i] <- s * h[i]; v }
  second <- function(a, b, k) {
    g <- function(s) (f(x + k * (e(a, 1) + s * e(b, 1))) - f(x + k * (e(a, -1) + s * e(b, 1))) - f(x + k * (e(a, 1) - s * e(b, 1))) + f(x + k * (e(a, -1) - s * e(b, 1)))) / (4 * k^2 * h[a] * h[b])
    g(1)
  }
  # Richardson over two widths.
  for (a in 1:n) for (b in 1:a) H[a, b] <- H[b, a] <- (4 * second(a, b, 1) - second(a, b, 2)) / 3
  H
}

out <- list()
record <- function(id, formula, data, result, ...) {
  write.csv(data, file.path(here, paste0(id, ".csv")), row.names = FALSE, na = "")
  out[[id]] <<- c(list(formula = formula, observations = nrow(data), ...), result)
}
only <- function(x) as.matrix(x)

l <- na.omit(lung[c("inst", "time", "status", "age", "sex", "ph.ecog")])
l <- data.frame(inst = paste0("i", l$inst), time = l$time, status = l$status - 1, age = l$age, female = l$sex - 1, ecog = l$ph.ecog)
X <- only(l[c("age", "female", "ecog")])
record("lung", "Surv(time, status) ~ age + female + ecog + (1 | inst)", l, fit(list(time = l$time, event = l$status), X, list(l$inst)))
record("lung-breslow", "Surv(time, status) ~ age + female + ecog + (1 | inst)", l,
       fit(list(time = l$time, event = l$status, ties = "breslow"), X, list(l$inst)), ties = "breslow")
record("lung-strata", "Surv(time, status) ~ age + ecog + strata(female) + (1 | inst)", l,
       fit(list(time = l$time, event = l$status, strata = l$female), X[, c(1, 3)], list(l$inst)))

k <- data.frame(id = paste0("p", kidney$id), time = kidney$time, status = kidney$status, age = kidney$age, female = kidney$sex - 1)
record("kidney", "Surv(time, status) ~ age + female + (1 | id)", k, fit(list(time = k$time, event = k$status), only(k[c("age", "female")]), list(k$id)))

r <- subset(rats, sex == "f"); r <- data.frame(litter = paste0("l", r$litter), rx = r$rx, time = r$time, status = r$status)
record("rats", "Surv(time, status) ~ rx + (1 | litter)", r, fit(list(time = r$time, event = r$status), only(r["rx"]), list(r$litter)))

# Weights, an offset and late entry.
set.seed(4)
k2 <- data.frame(k, start = floor(k$time * runif(nrow(k), 0, 0.6)), weight = sample(1:3, nrow(k), TRUE), shift = round(rnorm(nrow(k), 0, 0.4), 3))
record("kidney-intervals", "Surv(start, time, status) ~ age + female + offset(shift) + (1 | id)", k2,
       fit(list(start = k2$start, time = k2$time, event = k2$status, w = k2$weight, off = k2$shift), only(k2[c("age", "female")]), list(k2$id)),
       weights = "weight")

# Therapists within units, with ties.
set.seed(11)
n <- 360; unit <- rep(1:12, each = 30); therapist <- unit * 10 + rep(rep(1:5, each = 6), 12)
arm <- as.numeric(therapist %% 2); age <- round(rnorm(n, 40, 11))
eta <- -0.4 * arm + 0.01 * (age - 40) + rnorm(12, 0, 0.5)[unit] + rnorm(200, 0, 0.7)[therapist]
time <- rexp(n, 0.04 * exp(eta)); end <- runif(n, 10, 60)
s <- data.frame(unit = paste0("u", unit), therapist = paste0("t", therapist), arm = arm, age = age,
                time = ceiling(pmin(time, end)), status = as.numeric(time <= end))
record("nested", "Surv(time, status) ~ arm + age + (1 | unit / therapist)", s,
       fit(list(time = s$time, event = s$status), only(s[c("arm", "age")]), list(s$unit, paste(s$unit, s$therapist, sep = ":"))))

# Crossed: referrers cross therapists.
s2 <- data.frame(s, office = paste0("o", 1 + (seq_len(n) * 7 + s$age) %% 9))
record("crossed", "Surv(time, status) ~ arm + (1 | therapist) + (1 | office)", s2,
       fit(list(time = s2$time, event = s2$status), only(s2["arm"]), list(s2$therapist, s2$office)))

# No variance at all.
set.seed(2); n <- 120
z <- data.frame(centre = paste0("c", rep(1:12, 10)), x = round(rnorm(n), 2))
time <- rexp(n, exp(0.5 * z$x)); z$time <- ceiling(50 * time) ; z$status <- rbinom(n, 1, 0.8)
record("zero", "Surv(time, status) ~ x + (1 | centre)", z, fit(list(time = z$time, event = z$status), only(z["x"]), list(z$centre)))

write(toJSON(list(r = R.version.string, survival = as.character(packageVersion("survival")), cases = out), digits = 15, auto_unbox = TRUE, pretty = TRUE, na = "null"),
      file.path(here, "expected.json"))
