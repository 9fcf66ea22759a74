# R's own call on the data of each case of bench.ts: `Rscript bench.R CASES.json CLOCK`, where CLOCK is wall or cpu (user and
# system time) and CASES.json is a list of
# { name, model, file, formula, df, ids, factors, repetitions }. Prints one line of JSON for each: name, the median in
# ms, and `standIn` where the package for it is not installed and something else was timed.
# The first call of each case is a warm-up, unless there is only one repetition. A stand-in is `stopped` after two minutes.
suppressPackageStartupMessages({
  library(lme4)
  library(lmerTest)
  library(pbkrtest)
  library(survival)
  library(jsonlite)
})

mixed_call <- function(formula, data, df) switch(df,
  "kenward-roger" = function() summary(lmerTest::lmer(formula, data), ddf = "Kenward-Roger")$coefficients,
  satterthwaite = function() summary(lmerTest::lmer(formula, data), ddf = "Satterthwaite")$coefficients,
  function() summary(lme4::lmer(formula, data))$coefficients
)

# y ~ fixed + us(visit | participant). Kenward–Roger is first-order here, which mmrm calls Kenward-Roger-Linear.
repeated_call <- function(text, data, df) {
  if (requireNamespace("mmrm", quietly = TRUE)) {
    method <- c("kenward-roger" = "Kenward-Roger", satterthwaite = "Satterthwaite")[[df]]
    vcov <- if (df == "kenward-roger") "Kenward-Roger-Linear"
    return(function() summary(mmrm::mmrm(as.formula(text), data, method = method, vcov = vcov))$coefficients)
  }
  parts <- regmatches(text, regexec("^(.*) \\+ us\\((\\w+) \\| (\\w+)\\)$", text))[[1]]
  fixed <- as.formula(parts[2])
  data$time <- as.integer(data[[parts[3]]])
  correlation <- as.formula(paste("~ time |", parts[4]))
  weights <- as.formula(paste("~ 1 |", parts[3]))
  function() summary(nlme::gls(fixed, data, correlation = nlme::corSymm(form = correlation),
                               weights = nlme::varIdent(form = weights), na.action = na.omit))$tTable
}

# Gaussian frailty by coxme where it is installed; else by survival's penalised likelihood with REML, which is another
# estimator of the same model.
frailty_call <- function(text, data) {
  if (grepl("gamma", text)) return(function() summary(survival::coxph(Surv(time, status) ~ age + sex + frailty(id), data)))
  if (requireNamespace("coxme", quietly = TRUE)) return(function() coxme::coxme(as.formula(text), data))
  function() summary(survival::coxph(Surv(time, event) ~ trt + frailty.gaussian(centre, method = "reml"), data))
}

call_of <- function(case, data) {
  formula <- as.formula(case$formula)
  switch(case$model,
    mmrm = repeated_call(case$formula, data, case$df),
    quadrature = function() summary(lme4::glmer(formula, data, family = binomial, nAGQ = 25))$coefficients,
    gee = {
      data$cluster <- data[[case$ids[[1]]]]
      function() summary(geepack::geeglm(formula, family = binomial, data = data, id = cluster,
                                         corstr = "exchangeable"))$coefficients
    },
    cox = function() summary(survival::coxph(formula, data)),
    frailty = frailty_call(case$formula, data),
    "competing-risks" = function() cmprsk::cuminc(data$time, data$cause, data$arm, cencode = "ongoing"),
    "fine-gray" = {
      code <- match(data$cause, c("ongoing", "dropout", "planned")) - 1
      function() cmprsk::crr(data$time, code, cbind(data$arm == "FIT", data$age))
    },
    "kaplan-meier" = function() {
      fit <- survival::survfit(formula, data, conf.type = "log-log")
      list(quantile(fit, 0.5), survival::survdiff(formula, data))
    },
    mixed_call(formula, data, case$df)
  )
}

arguments <- commandArgs(trailingOnly = TRUE)
cases <- fromJSON(arguments[1], simplifyVector = FALSE)
clock <- if (identical(arguments[2], "cpu")) c("user.self", "sys.self") else "elapsed"
for (case in cases) {
  data <- read.csv(case$file, stringsAsFactors = FALSE)
  for (name in unlist(case$ids)) data[[name]] <- factor(data[[name]])
  for (name in names(case$factors)) data[[name]] <- factor(data[[name]], levels = unlist(case$factors[[name]]))
  run <- call_of(case, data)
  without_coxme <- grepl("(1 |", case$formula, fixed = TRUE) && case$model == "frailty" &&
    !requireNamespace("coxme", quietly = TRUE)
  without_mmrm <- case$model == "mmrm" && !requireNamespace("mmrm", quietly = TRUE)
  is_stand_in <- without_mmrm || without_coxme
  limit <- if (is_stand_in) 120 else Inf
  measured <- tryCatch({
    setTimeLimit(elapsed = limit, transient = TRUE)
    if (case$repetitions > 1) run()
    gc(reset = TRUE)
    replicate(case$repetitions, sum(system.time(run(), gcFirst = FALSE)[clock]))
  }, error = function(e) if (grepl("time limit", conditionMessage(e))) NULL else stop(e))
  setTimeLimit()
  result <- list(name = case$name, ms = 1000 * (if (is.null(measured)) limit else median(measured)),
                 megabytes = sum(gc()[, 6]), stopped = is.null(measured))
  if (without_mmrm) result$standIn <- "nlme::gls, corSymm and varIdent, t with n - p"
  if (without_coxme) result$standIn <- "survival::coxph, frailty.gaussian by REML"
  cat(toJSON(result, auto_unbox = TRUE, digits = 6), "\n")
}
