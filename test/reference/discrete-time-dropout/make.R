# Dropout by session: one row for each session that a client began, `ended` 1 in the one after which the client left.
# Clients within therapists, therapists in one arm each. glm and glmer with the complementary log-log link; Laplace's
# approximation by glmmTMB, whose Hessian is exact (glmer's is the expected one, and another number).
source("../glmm.R")
suppressPackageStartupMessages({ library(sandwich); library(clubSandwich); library(glmmTMB) })

set.seed(20)
therapists <- data.frame(therapist = sprintf("T%02d", 1:18), arm = rep(c("TAU", "FIT"), 9), effect = rnorm(18, 0, 0.6))
clients <- do.call(rbind, lapply(1:18, function(t) data.frame(therapists[rep(t, 9), ], client = sprintf("C%03d", (t - 1) * 9 + 1:9))))
clients$age <- round(rnorm(nrow(clients), 35, 10))
data <- do.call(rbind, lapply(seq_len(nrow(clients)), function(i) {
  hazard <- 1 - exp(-exp(-1.9 - 0.15 * (1:6) - 0.5 * (clients$arm[i] == "FIT") - 0.02 * (clients$age[i] - 35) + clients$effect[i]))
  left <- which(runif(6) < hazard)
  # Some are followed for fewer sessions.
  seen <- sample(c(6, 6, 6, 4), 1)
  last <- min(c(left, seen))
  data.frame(clients[rep(i, last), c("therapist", "client", "arm", "age")], session = 1:last,
             ended = as.integer(1:last == last & last %in% left))
}))
data$arm <- factor(data$arm, levels = c("TAU", "FIT")); rownames(data) <- NULL
data$session <- factor(data$session)
cat(nrow(data), "rows,", sum(data$ended), "events\n")

text <- "ended ~ session + arm + age"
fixed <- ended ~ session + arm + age
glm_fit <- glm(fixed, binomial("cloglog"), data, control = glm.control(epsilon = 1e-14, maxit = 100))
cr2 <- vcovCR(glm_fit, cluster = data$therapist, type = "CR2")
tests <- coef_test(glm_fit, vcov = cr2, test = "Satterthwaite")
regression <- list(
  id = "glm", formula = text, method = "ML", family = "binomial", observations = nrow(data),
  names = project_names(names(coef(glm_fit)), data), coef = unname(coef(glm_fit)), vcov = unname(vcov(glm_fit)),
  se = unname(sqrt(diag(vcov(glm_fit)))), logLik = as.numeric(logLik(glm_fit)), deviance = deviance(glm_fit),
  fitted = unname(fitted(glm_fit)),
  hc0 = unname(sqrt(diag(vcovHC(glm_fit, "HC0")))),
  cr0 = unname(sqrt(diag(vcovCL(glm_fit, cluster = data$therapist, type = "HC0", cadjust = FALSE)))),
  cr2 = unname(sqrt(diag(cr2))), cr2Df = tests[, grep("^df", names(tests))[1]])

mixed <- ended ~ session + arm + age + (1 | therapist)
mixed_text <- "ended ~ session + arm + age + (1 | therapist)"
agq <- fit_glmm(mixed, data, binomial("cloglog"), 25)
one <- fit_glmm(mixed, data, binomial("cloglog"), 1)
tmb <- glmmTMB(mixed, data, binomial("cloglog"), control = glmmTMBControl(optCtrl = list(rel.tol = 1e-13, iter.max = 2000, eval.max = 3000)))
tmb_record <- list(
  id = "laplace", formula = mixed_text, method = "ML", family = "binomial", quadrature = 1, observations = nrow(data),
  names = project_names(names(fixef(tmb)$cond), data), coef = unname(fixef(tmb)$cond),
  se = unname(sqrt(diag(vcov(tmb)$cond))), sd = list("therapist:(Intercept)" = unname(attr(VarCorr(tmb)$cond$therapist, "stddev"))),
  cor = setNames(list(), character(0)), logLik = as.numeric(logLik(tmb)), parameters = length(fixef(tmb)$cond) + 1,
  glmerLogLik = -one$deviance / 2)
cat("Laplace: glmmTMB", tmb_record$logLik, "glmer", tmb_record$glmerLogLik, "quadrature", -agq$deviance / 2, "\n")
cat(one$theta, agq$theta, unlist(tmb_record$sd), "\n")
write_case(
  "Dropout by session, clients within therapists: complementary log-log regression of one row per session",
  "simulated in make.R", data, c("therapist", "client"),
  list(regression, glmm_record("quadrature", mixed_text, agq, data, "binomial", 25), tmb_record),
  packages = c("lme4", "glmmTMB", "sandwich", "clubSandwich"))
