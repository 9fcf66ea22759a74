# R's own call on the data of each case of bench.ts: `Rscript bench.R CASES.json`, where CASES.json is a list of
# { name, file, formula, df, ids, factors, repetitions }. Prints one line of JSON for each: name and the median in ms.
# The first call of each case is a warm-up, unless there is only one repetition.
suppressPackageStartupMessages({
  library(lme4)
  library(lmerTest)
  library(pbkrtest)
  library(jsonlite)
})

cases <- fromJSON(commandArgs(trailingOnly = TRUE)[1], simplifyVector = FALSE)
for (case in cases) {
  data <- read.csv(case$file, stringsAsFactors = FALSE)
  for (name in unlist(case$ids)) data[[name]] <- factor(data[[name]])
  for (name in names(case$factors)) data[[name]] <- factor(data[[name]], levels = unlist(case$factors[[name]]))
  formula <- as.formula(case$formula)
  run <- switch(case$df,
    "kenward-roger" = function() summary(lmerTest::lmer(formula, data), ddf = "Kenward-Roger")$coefficients,
    satterthwaite = function() summary(lmerTest::lmer(formula, data), ddf = "Satterthwaite")$coefficients,
    function() summary(lme4::lmer(formula, data))$coefficients
  )
  if (case$repetitions > 1) run()
  gc(reset = TRUE)
  times <- replicate(case$repetitions, system.time(run(), gcFirst = FALSE)[["elapsed"]])
  cat(toJSON(list(name = case$name, ms = 1000 * median(times), megabytes = sum(gc()[, 6])), auto_unbox = TRUE, digits = 6), "\n")
}
