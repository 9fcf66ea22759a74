# Reference values for the default data. Run in this folder: Rscript make.R
source("../reference.R")

data <- read.csv("../../../data/beat-the-blues/beat-the-blues.csv", stringsAsFactors = FALSE)
data$participant <- factor(data$participant, levels = unique(data$participant))
data$drug <- factor(data$drug, levels = c("No", "Yes"))
data$duration <- factor(data$duration, levels = c("under_6m", "over_6m"))
data$treatment <- factor(data$treatment, levels = c("TAU", "BtheB"))
data$on_drug <- as.numeric(data$drug == "Yes")
stored <- data
data$visit <- factor(data$month)
rename <- c(visit = "factor(month)")

common <- fit_mixed(bdi ~ bdi_pre + month + treatment + drug + duration + (1 | participant), data)
common_ml <- fit_mixed(bdi ~ bdi_pre + month + treatment + drug + duration + (1 | participant), data, REML = FALSE)
by_visit <- fit_mixed(bdi ~ bdi_pre + drug + duration + treatment * visit + (1 | participant), data)
by_month <- fit_mixed(bdi ~ bdi_pre + drug + duration + treatment * month + (1 | participant), data)
slopes <- fit_mixed(bdi ~ bdi_pre + drug + duration + treatment * month + (month | participant), data)
# on_drug is drug as a 0/1 number: as a covariate it is held at its mean, not at one half.
numeric_drug <- fit_mixed(bdi ~ bdi_pre + on_drug + treatment * visit + (1 | participant), data)

months <- c(2, 3, 5, 8)
record <- function(id, formula, fit, ...) mixed_record(id, formula, fit, data, rename = rename, ...)

visits <- record("by-visit", "bdi ~ bdi_pre + drug + duration + treatment * factor(month) + (1 | participant)", by_visit,
  hypotheses = list("treatment by month" = rows_for(by_visit$model, "^treatmentBtheB:"),
                    "treatment at any month" = rows_for(by_visit$model, "^treatmentBtheB"),
                    "month" = rows_for(by_visit$model, "^visit")))
visits$means <- adjusted_means(by_visit, "treatment", "visit", by_name = "month")
slope <- record("by-month", "bdi ~ bdi_pre + drug + duration + treatment * month + (1 | participant)", by_month)
slope$means <- adjusted_means(by_month, "treatment", "month", at = list(month = months))
random <- record("random-slopes", "bdi ~ bdi_pre + drug + duration + treatment * month + (month | participant)", slopes)
random$means <- adjusted_means(slopes, "treatment", "month", at = list(month = months), level = 0.9)
effect <- record("common", "bdi ~ bdi_pre + month + treatment + drug + duration + (1 | participant)", common)
effect$means <- adjusted_means(common, "treatment")
number <- record("two-valued-number", "bdi ~ bdi_pre + on_drug + treatment * factor(month) + (1 | participant)", numeric_drug)
number$means <- adjusted_means(numeric_drug, "treatment", "visit", by_name = "month")

write_case(
  "Beat the Blues: computerised therapy against usual care, four follow-ups, dropout",
  "HSAUR3::BtheB (Proudfoot et al. 2003), the file data/beat-the-blues/beat-the-blues.csv with on_drug = 1 for drug Yes",
  stored, "participant",
  list(effect,
       record("common-ml", "bdi ~ bdi_pre + month + treatment + drug + duration + (1 | participant)", common_ml),
       visits, slope, random, number),
  packages = c("HSAUR3", "lme4", "lmerTest", "pbkrtest", "emmeans")
)
