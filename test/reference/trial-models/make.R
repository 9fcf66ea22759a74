# Trial-level models from files to results: what R and arithmetic say of the parts that plan.yaml expands to.
# Run in this folder: Rscript make.R. Writes the data (data.R) and expected.json. `folds.csv` is the project's own draw of
# folds (seed 7), which R cannot make; the test compares it with the draw.
source("../reference.R")
source("data.R")
suppressPackageStartupMessages({ library(survival); library(cmprsk); library(clubSandwich) })

d <- make_trial(34)
for (file in names(d)) write.csv(d[[file]], paste0(file, ".csv"), row.names = FALSE, na = "", quote = FALSE)
clients <- merge(d$clients, d$units, by = "unit")
clients <- clients[match(d$clients$client, clients$client), ]
clients$fit <- as.integer(clients$arm == "FIT")
at <- function(month) d$visits$ors[d$visits$month == month][match(clients$client, d$visits$client[d$visits$month == month])]
clients$ors_0 <- at(0); clients$ors_3 <- at(3); clients$ors_12 <- at(12)
clients$sessions_held <- as.integer(table(factor(d$sessions$client, clients$client)))
first_last <- function(take) vapply(clients$client, function(who) { s <- d$sessions$srs[d$sessions$client == who]; if (length(s)) take(s, 1) else NA_real_ }, 0)
clients$first <- first_last(head); clients$change <- first_last(tail) - clients$first

expected <- list()
put <- function(id, name, ...) expected[[id]][[name]] <<- list(...)

# ── counts and their intervals, by formula ──
wilson <- function(x, n, z = qnorm(0.975)) { p <- x / n; c((p + z^2 / (2 * n) + c(-1, 1) * z * sqrt(p * (1 - p) / n + z^2 / (4 * n^2))) / (1 + z^2 / n)) }
share <- function(id, name, x, n) { w <- wilson(x, n); put(id, name, kind = "closed", estimate = x / n, lower = w[1], upper = w[2]) }

seen <- !is.na(clients$ors_12)
gain <- clients$ors_12 - clients$ors_0
class <- ifelse(clients$ors_0 >= 25, "started-functional", ifelse(gain >= 5, ifelse(clients$ors_12 >= 25, "recovered", "improved"), ifelse(gain <= -5, "deteriorated", "unchanged")))
for (arm in c("TAU", "FIT")) {
  own <- seen & clients$arm == arm
  for (one in c("deteriorated", "unchanged", "improved", "recovered", "started-functional"))
    share("change-12-classes", sprintf("share:arm[%s]:%s", arm, one), sum(class[own] == one), sum(own))
  for (month in c(3, 6, 12)) share("attrition-missing", sprintf("share:arm[%s]:missing@month=%s", arm, month), sum(is.na(at(month)[clients$arm == arm])), sum(clients$arm == arm))
}
# Newcombe's method 10.
newcombe <- function(id, event, fit_arm) {
  x <- tapply(event, fit_arm, sum); n <- tapply(event, fit_arm, length); p <- x / n
  tau <- wilson(x[["0"]], n[["0"]]); fit <- wilson(x[["1"]], n[["1"]]); rd <- p[["1"]] - p[["0"]]
  put(id, "risk-difference:arm[FIT]-arm[TAU]", kind = "closed", estimate = rd,
      lower = rd - sqrt((p[["1"]] - fit[1])^2 + (tau[2] - p[["0"]])^2), upper = rd + sqrt((fit[2] - p[["1"]])^2 + (p[["0"]] - tau[1])^2))
}
# Worse, wherever the client began; and those who left, by the arm received.
newcombe("change-12-worse", as.integer(gain <= -5)[seen], clients$fit[seen])
clients$fit_received <- as.integer(clients$arm_received == "FIT")
newcombe("harms", as.integer(clients$ending == "avbrott"), clients$fit_received)

# Cohen's kappa with its large-sample standard error (Fleiss, Cohen & Everitt 1969).
unilateral <- as.integer(clients$ending == "avbrott"); early <- as.integer(clients$ending == "avbrott" & clients$days < 180)
cells <- table(factor(unilateral, 0:1), factor(early, 0:1)) / nrow(clients)
po <- sum(diag(cells)); row <- rowSums(cells); col <- colSums(cells); pe <- sum(row * col); kappa <- (po - pe) / (1 - pe)
var_kappa <- (sum(sapply(1:2, function(i) cells[i, i] * ((1 - pe) - (row[i] + col[i]) * (1 - po))^2)) +
  (1 - po)^2 * sum(sapply(1:2, function(i) sapply(1:2, function(j) if (i == j) 0 else cells[i, j] * (col[i] + row[j])^2))) -
  (po * pe - 2 * pe + po)^2) / (nrow(clients) * (1 - pe)^4)
put("dropout-agreement", "agreement:dropout__unilateral,dropout__early", kind = "closed", estimate = po)
put("dropout-agreement", "kappa:dropout__unilateral,dropout__early", kind = "closed", estimate = kappa, se = sqrt(var_kappa))

# ── survival ──
both <- list(unilateral = unilateral, early = early)
for (name in names(both)) {
  event <- both[[name]]
  # Curves by the infinitesimal jackknife over units; survfit's own se of a restricted mean stays Greenwood's, so from its
  # residuals of the area. A unit with clients of both arms has one score of their difference, whose t has units - 1 df.
  id <- sprintf("dropout-%s-kaplan-meier", name)
  areas <- lapply(0:1, function(fit) {
    own <- clients[clients$fit == fit, ]; own$event <- event[clients$fit == fit]; arm <- c("TAU", "FIT")[fit + 1]
    km <- do.call(survfit, list(Surv(days, event) ~ 1, data = own, cluster = own$unit, robust = TRUE))
    at <- summary(km, times = c(90, 180))
    for (i in 1:2) put(id, sprintf("survival:arm[%s]@%g", arm, c(90, 180)[i]), kind = "closed", estimate = at$surv[i], se = at$std.err[i])
    scores <- rowsum(as.vector(residuals(km, times = 365, type = "auc", weighted = TRUE)), own$unit)[, 1]
    mean <- unname(rbind(survival:::survmean(km, rmean = 365)$matrix)[, "rmean"])
    put(id, sprintf("rmst:arm[%s]@365", arm), kind = "closed", estimate = mean, se = sqrt(sum(scores^2)))
    list(mean = mean, scores = scores)
  })
  units <- sort(unique(clients$unit)); scores <- sapply(areas, function(one) ifelse(units %in% names(one$scores), one$scores[units], 0))
  difference <- areas[[2]]$mean - areas[[1]]$mean; se <- sqrt(sum((scores[, 2] - scores[, 1])^2)); df <- length(units) - 1
  put(id, "rmst-difference:arm[FIT]-arm[TAU]@365", kind = "closed", estimate = difference, se = se, df = df, p = 2 * pt(-abs(difference / se), df), lower = difference - qt(0.975, df) * se, upper = difference + qt(0.975, df) * se)
  cox <- coxph(Surv(days, event) ~ fit + age, clients, control = coxph.control(eps = 1e-12))
  put(sprintf("dropout-%s-cox", name), "coefficient:arm[FIT]", kind = "iterated", estimate = coef(cox)[["fit"]])
  put(sprintf("dropout-%s-cox", name), "coefficient:age", kind = "iterated", estimate = coef(cox)[["age"]])
  status <- ifelse(event == 1, 1, ifelse(clients$ending == "planerat", 2, 0))
  incidence <- cuminc(clients$days, status, clients$arm)
  for (g in c("TAU", "FIT")) for (cause in 1:2) {
    t <- timepoints(incidence[paste(g, cause)], c(90, 180))
    for (i in 1:2) put(sprintf("dropout-%s-competing-risks", name), sprintf("incidence:arm[%s]:%s@%g", g, c("dropout", "planned ending")[cause], c(90, 180)[i]), kind = "closed", estimate = t$est[1, i])
  }
  for (cause in 1:2) put(sprintf("dropout-%s-competing-risks", name), paste0("test:gray:", c("dropout", "planned ending")[cause]), kind = "closed", statistic = incidence$Tests[cause, "stat"], p = incidence$Tests[cause, "pv"])
  fg <- crr(clients$days, status, as.matrix(clients[c("fit", "age")]), failcode = 1, cencode = 0, gtol = 1e-12, maxiter = 50)
  put(sprintf("dropout-%s-fine-gray", name), "coefficient:arm[FIT]", kind = "iterated", estimate = fg$coef[["fit"]])
  put(sprintf("dropout-%s-fine-gray", name), "coefficient:age", kind = "iterated", estimate = fg$coef[["age"]])
}

# ── logistic regressions, CR2 by unit ──
# Risks of each arm by g-computation, gradients by hand; degrees of freedom of a gradient as those of a contrast.
logistic <- function(id, formula, data, interaction = NULL) {
  model <- glm(formula, binomial, data, control = glm.control(epsilon = 1e-14, maxit = 100))
  V <- vcovCR(model, cluster = data$unit, type = "CR2")
  one <- function(name, L, value) {
    test <- linear_contrast(model, V, matrix(L, 1), test = "Satterthwaite", p_values = TRUE)
    put(id, name, kind = "iterated", estimate = value, se = test$SE, df = test$df)
  }
  unit_row <- function(j) as.numeric(seq_along(coef(model)) == j)
  one("coefficient:arm[FIT]", unit_row(2), coef(model)[[2]])
  one("coefficient:ors_0", unit_row(3), coef(model)[[3]])
  if (!is.null(interaction)) return(one("coefficient:arm[FIT]:ors_0", unit_row(length(coef(model))), tail(coef(model), 1)[[1]]))
  risk <- lapply(0:1, function(arm) {
    X <- model.matrix(model); X[, "fit"] <- arm; mu <- plogis(drop(X %*% coef(model)))
    list(value = mean(mu), gradient = colMeans(mu * (1 - mu) * X))
  })
  one("risk-difference:arm[FIT]-arm[TAU]", risk[[2]]$gradient - risk[[1]]$gradient, risk[[2]]$value - risk[[1]]$value)
  one("risk-ratio:arm[FIT]/arm[TAU]", risk[[2]]$gradient / risk[[2]]$value - risk[[1]]$gradient / risk[[1]]$value, risk[[2]]$value / risk[[1]]$value)
}
with_class <- clients[seen, ]; with_class$better <- as.integer(gain[seen] >= 5)
logistic("change-12-better", better ~ fit + ors_0 + age, with_class)
for (month in c(3, 6, 12)) { clients$missing <- as.integer(is.na(at(month))); logistic(paste0("attrition-", month), missing ~ fit + ors_0 + age, clients) }
logistic("attrition-12-by-arm", missing ~ fit + ors_0 + age + fit:ors_0, clients, TRUE)

# ── linear mixed models ──
visits <- merge(d$visits[d$visits$month > 0 & !is.na(d$visits$ors), ], clients, by = "client")
for (month in c(3, 6, 12)) visits[[paste0("m", month)]] <- as.integer(visits$month == month)
visits$fit3 <- visits$fit * visits$m3; visits$fit6 <- visits$fit * visits$m6; visits$fit12 <- visits$fit * visits$m12
visits$woman_not <- as.integer(visits$sex == "man")
NESTED <- "(1 | unit) + (1 | therapist) + (1 | client)"
mixed <- function(right, data = visits, left = "ors") fit_mixed(as.formula(paste(left, "~", right)), data)
# A contrast given by its coefficients; F of one row beside it where it is the test of an interaction.
kr <- function(id, name, fit, weights, test = NULL) {
  beta <- fixef(fit$model); L <- setNames(numeric(length(beta)), names(beta)); L[names(weights)] <- weights
  r <- kenward_roger_row(fit, adjusted_vcov(fit), unname(L))
  put(id, name, kind = "optimised", estimate = sum(L * beta), se = r$se, df = r$df)
  if (!is.null(test)) put(id, test, kind = "optimised", statistic = r$statistic^2, df = r$df, p = r$p)
}
EFFECT <- "contrast:arm[FIT]-arm[TAU]@month=12"
effects <- "ors_0 + age + m6 + m12 + fit3 + fit6 + fit12 +"
overall <- mixed(paste(effects, NESTED))
for (month in c(3, 6, 12)) kr("itt", sub("12", month, EFFECT), overall, setNames(1, paste0("fit", month)))
kr("subgroups-moderators", EFFECT, overall, c(fit12 = 1))
# At the last visit alone, one row for each client: without those who crossed over, and by the arm received.
last <- visits[visits$month == 12, ]
AT_ONE_VISIT <- "contrast:arm[FIT]-arm[TAU]"
kr("per-protocol", AT_ONE_VISIT, mixed("ors_0 + age + fit + (1 | unit) + (1 | therapist)", last[last$fit == last$fit_received, ]), c(fit = 1))
kr("as-treated", AT_ONE_VISIT, mixed("ors_0 + age + fit_received + (1 | unit) + (1 | therapist)", last), c(fit_received = 1))
bysex <- mixed(paste(effects, "woman_not + m6:woman_not + m12:woman_not + fit:woman_not +", NESTED))
kr("subgroups-moderators", paste0(EFFECT, ",sex=kvinna"), bysex, c(fit12 = 1))
kr("subgroups-moderators", paste0(EFFECT, ",sex=man"), bysex, c(fit12 = 1, "woman_not:fit" = 1))
byage <- mixed(paste(effects, "m6:age + m12:age + fit:age +", NESTED))
for (age in c(30, 50)) kr("subgroups-moderators", paste0(EFFECT, ",age=", age), byage, c(fit12 = 1, "age:fit" = age))
kr("subgroups-moderators", "interaction:arm:age", byage, c("age:fit" = 1), "test:arm:age")

# Not on track by the rule: 3 months less start below 2; effects at the later visits, and nobody whose 3 months are missing.
later <- visits[visits$month > 3, ]; later$not_on_track <- as.integer(round(later$ors_3 - later$ors_0, 6) < 2)
kr("track-early-change", EFFECT, mixed(paste("ors_0 + age + m12 + fit6 + fit12 +", NESTED), later), c(fit12 = 1))
judged <- later[!is.na(later$not_on_track), ]
bytrack <- mixed(paste("ors_0 + age + m12 + fit6 + fit12 + not_on_track + m12:not_on_track + fit:not_on_track +", NESTED), judged)
kr("track-early-change", paste0(EFFECT, ",track__track=on track"), bytrack, c(fit12 = 1))
kr("track-early-change", paste0(EFFECT, ",track__track=not on track"), bytrack, c(fit12 = 1, "not_on_track:fit" = 1))

# By predicted risk, cross-fitted in the folds of folds.csv; a linear predictor of a logistic regression.
fold <- read.csv("folds.csv"); clients$fold <- fold$fold[match(clients$client, fold$client)]
clients$not_on_track <- as.integer(round(clients$ors_3 - clients$ors_0, 6) < 2)
clients$risk <- NA
for (k in unique(clients$fold)) {
  model <- glm(not_on_track ~ ors_0 + age + sex, binomial, clients[clients$fold != k, ], control = glm.control(epsilon = 1e-14, maxit = 100))
  clients$risk[clients$fold == k] <- predict(model, clients[clients$fold == k, ])
}
visits$risk <- clients$risk[match(visits$client, clients$client)]
byrisk <- mixed(paste(effects, "risk + m6:risk + m12:risk + fit:risk +", NESTED))
kr("track-predicted-risk", "interaction:arm:risk", byrisk, c("risk:fit" = 1), "test:arm:risk")
# At the quartiles of the predicted probability over the clients with a visit, to two decimals.
analysed <- clients$risk[clients$client %in% visits$client]
for (p in round(quantile(plogis(analysed), c(0.25, 0.5, 0.75)), 2))
  kr("track-predicted-risk", paste0(EFFECT, ",risk=", p), byrisk, c(fit12 = 1, "risk:fit" = qlogis(p)))

# The unit's fidelity; the effect varies between units beyond it.
byfidelity <- mixed(paste(effects, "fidelity + m6:fidelity + m12:fidelity + fit:fidelity +", NESTED, "+ (0 + fit | unit)"))
kr("carried-out-fidelity", "interaction:arm:fidelity", byfidelity, c("fidelity:fit" = 1), "test:arm:fidelity")
for (f in c(50, 70)) kr("carried-out-fidelity", paste0(EFFECT, ",fidelity=", f), byfidelity, c(fit12 = 1, "fidelity:fit" = f))
treated <- visits[visits$fit == 1, ]
kr("carried-out-dose", "coefficient:sessions_held", mixed(paste("ors_0 + age + m6 + m12 + sessions_held +", NESTED), treated), c(sessions_held = 1))

# The alliance: growth over sessions (Satterthwaite), and its change and the outcome.
sessions <- merge(d$sessions, clients[c("client", "unit", "therapist")], by = "client")
growth <- fit_mixed(srs ~ session + (1 | unit) + (1 | therapist) + (session | client), sessions)
slope <- satterthwaite_row(growth, c(0, 1))
put("alliance-growth", "coefficient:session", kind = "optimised", estimate = fixef(growth$model)[["session"]], se = slope$se, df = slope$df)
measured <- visits[!is.na(visits$change), ]
association <- mixed(paste("ors_0 + age + m6 + m12 + first + change +", NESTED), measured)
kr("alliance-change-and-outcome", "coefficient:alliance__change", association, c(change = 1))
kr("alliance-change-and-outcome", "coefficient:alliance__first", association, c(first = 1))

versions <- lapply(setNames(nm = c("lme4", "lmerTest", "pbkrtest", "survival", "cmprsk", "clubSandwich")), function(p) as.character(packageVersion(p)))
write_json(list(description = "Trial-level models of plan.yaml, part by part", R = R.version.string, packages = versions, expected = expected),
           "expected.json", auto_unbox = TRUE, digits = NA, pretty = TRUE)
