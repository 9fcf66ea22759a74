# Reference values for growth over three levels. Run in this folder: Rscript make.R
source("../reference.R")

# The first twelve schools by label; 60 schools would make a file of 7230 rows.
all <- mlmRev::egsingle
schools <- sort(unique(as.character(all$schoolid)))[1:12]
data <- all[all$schoolid %in% schools, ]
data <- with(data, data.frame(school = factor(as.character(schoolid)), child = factor(as.character(childid)), year, math,
                              female = factor(as.character(female), levels = c("Male", "Female")), lowinc))
growth <- fit_mixed(math ~ year + (year | school) + (year | child), data)
covariates <- fit_mixed(math ~ year * female + lowinc + (1 | school) + (year | child), data)
levels3 <- fit_mixed(math ~ year + female + (1 | school / child), data)
tests <- list("year and its interaction" = rows_for(covariates$model, "^year"))
write_case(
  "egsingle: mathematics scores of children within schools, six occasions; twelve of the sixty schools",
  "mlmRev::egsingle (Raudenbush & Bryk 2002; the HLM package)",
  data, c("school", "child"),
  list(
    mixed_record("growth", "math ~ year + (year | school) + (year | child)", growth, data),
    mixed_record("covariates", "math ~ year * female + lowinc + (1 | school) + (year | child)", covariates, data, hypotheses = tests),
    mixed_record("intercepts", "math ~ year + female + (1 | school / child)", levels3, data)
  ),
  packages = c("mlmRev", "lme4", "lmerTest", "pbkrtest")
)
