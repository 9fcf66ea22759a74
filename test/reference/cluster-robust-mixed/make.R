# Cluster-robust variances of mixed models by clubSandwich, on lmer, gls and lme. Run in this folder: Rscript make.R
source("../reference.R")
suppressPackageStartupMessages({ library(clubSandwich); library(nlme) })
set.seed(29)

# A trial of the usual shape: units, therapists within them, participants, four visits, rows missing anywhere.
people <- data.frame(id = sprintf("P%03d", 1:110), unit = sprintf("U%02d", rep(1:11, c(4, 16, 7, 12, 9, 14, 6, 13, 10, 8, 11))))
people$therapist <- paste0(people$unit, "T", ave(seq_along(people$id), people$unit, FUN = function(i) (seq_along(i) - 1) %/% 4))
people$arm <- factor(ifelse(runif(110) < 0.5, "TAU", "FIT"), levels = c("TAU", "FIT"))
people$base <- round(rnorm(110, 18, 5), 1)
people$size <- as.numeric(table(people$unit)[people$unit])
unit <- setNames(rnorm(11, 0, 1.5), unique(people$unit)); therapist <- setNames(rnorm(length(unique(people$therapist)), 0, 1.5), unique(people$therapist))
root <- t(chol(diag(c(3, 4, 5, 5)) %*% 0.6^abs(outer(1:4, 1:4, "-")) %*% diag(c(3, 4, 5, 5))))
data <- do.call(rbind, lapply(1:110, function(i) data.frame(people[rep(i, 4), ], visit = c(1, 3, 6, 12),
  y = round(9 + 0.5 * people$base[i] + (people$arm[i] == "FIT") * (0:3) + unit[people$unit[i]] + therapist[people$therapist[i]] + as.numeric(root %*% rnorm(4)), 2))))
data <- data[runif(nrow(data)) > 0.15, ]
data$time <- data$visit; data$t <- match(data$visit, c(1, 3, 6, 12)); data$visit <- factor(data$visit)
data <- data[sample(nrow(data)), ]; rownames(data) <- NULL
for (v in c("id", "unit", "therapist")) data[[v]] <- factor(data[[v]])

fixed <- list(line = y ~ base + arm * time, visits = y ~ base + arm * visit, size = y ~ size + arm)
record <- function(id, model, formula, fit, cluster, joint, extra = list()) {
  b <- if (inherits(fit, "gls")) coef(fit) else if (inherits(fit, "lme")) nlme::fixef(fit) else lme4::fixef(fit)
  kinds <- lapply(setNames(nm = c("CR0", "CR1", "CR2", "CR3")), function(kind) {
    V <- vcovCR(fit, cluster = data[[cluster]], type = kind)
    t <- coef_test(fit, V, test = "Satterthwaite")
    w <- Wald_test(fit, constrain_zero(joint, coefs = b), V, test = "HTZ")
    list(vcov = unname(as.matrix(V)), df = unname(t[, if ("df_Satt" %in% names(t)) "df_Satt" else "df"]), p = unname(t[, if ("p_Satt" %in% names(t)) "p_Satt" else "p_val"]),
         joint = list(columns = joint - 1, F = w$Fstat, df2 = w$df_denom, p = w$p_val))
  })
  c(list(id = id, model = model, formula = formula, cluster = cluster, names = project_names(names(b), data), coef = unname(b), kinds = kinds), extra)
}
lmer_ <- function(formula) lmer(formula, data, control = lmerControl(optimizer = "nloptwrap", optCtrl = list(xtol_abs = 1e-12, ftol_abs = 1e-12, xtol_rel = 1e-12, ftol_rel = 1e-14, maxeval = 5000)))
control <- glsControl(tolerance = 1e-12, msTol = 1e-14, maxIter = 500, msMaxIter = 2000)
tight <- nlme::lmeControl(opt = "nlminb", msMaxIter = 2000, maxIter = 500, tolerance = 1e-12, msTol = 1e-14, niterEM = 100)
slopes <- lmer_(y ~ base + arm * time + (time | id))
nested <- lmer_(y ~ base + arm * time + (1 | unit / therapist) + (1 | id))
us <- gls(y ~ base + arm * visit, data, correlation = corSymm(form = ~ t | id), weights = varIdent(form = ~ 1 | visit), control = control)
ar1 <- gls(y ~ base + arm * visit, data, correlation = corAR1(form = ~ t | id), control = control)
clustered <- lme(y ~ base + arm * visit, data, random = ~ 1 | unit, correlation = corSymm(form = ~ t | unit / id), weights = varIdent(form = ~ 1 | visit), control = tight)
strata <- lme(y ~ base + arm * time, data, random = ~ 1 | unit, weights = varIdent(form = ~ 1 | arm), control = tight)
fits <- list(
  record("random-slopes", "mixed", "y ~ base + arm * time + (time | id)", slopes, "id", 3:5),
  record("random-slopes-by-unit", "mixed", "y ~ base + arm * time + (time | id)", slopes, "unit", c(3, 5)),
  record("nested", "mixed", "y ~ base + arm * time + (1 | unit / therapist) + (1 | id)", nested, "unit", c(3, 5)),
  record("us", "mmrm", "y ~ base + arm * visit + us(visit | id)", us, "id", 7:9),
  record("ar1", "mmrm", "y ~ base + arm * visit + ar1(visit | id)", ar1, "id", 7:9),
  record("us-by-unit", "mmrm", "y ~ base + arm * visit + us(visit | id)", us, "unit", c(3, 9)),
  record("clustered-us", "mmrm", "y ~ base + arm * visit + us(visit | id) + (1 | unit)", clustered, "unit", c(3, 9)),
  record("strata", "mixed", "y ~ base + arm * time + (1 | unit)", strata, "unit", c(3, 5), list(residualBy = "arm"))
)
data$t <- NULL
write_case("Simulated: four visits, missing anywhere, participants within therapists within units of unequal size",
           "simulated in make.R", data, c("id", "unit", "therapist"), fits, packages = c("clubSandwich", "lme4", "nlme"))
