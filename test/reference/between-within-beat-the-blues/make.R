# nlme's denominator df in a trial. Run in this folder: Rscript make.R
source("../reference.R")
data <- read.csv("../mixed-beat-the-blues/data.csv", stringsAsFactors = FALSE)
data$drug <- factor(data$drug, levels = c("No", "Yes"))
data$duration <- factor(data$duration, levels = c("under_6m", "over_6m"))
data$treatment <- factor(data$treatment, levels = c("TAU", "BtheB"))
data$participant <- factor(data$participant)
stored <- data
data$visit <- factor(data$month)
used <- subset(data, !is.na(bdi))
fit <- function(f) lme(f, used, random = ~ 1 | participant, control = tight)
record <- function(id, formula, model) between_within_record(id, formula, model, data, rename = c(visit = "factor(month)"))
write_case("Beat the Blues: baseline covariates between participants, month and its interaction within", "as mixed-beat-the-blues", stored, "participant", list(
  record("common", "bdi ~ bdi_pre + month + treatment + drug + duration + (1 | participant)", fit(bdi ~ bdi_pre + month + treatment + drug + duration)),
  record("by-visit", "bdi ~ bdi_pre + drug + duration + treatment * factor(month) + (1 | participant)", fit(bdi ~ bdi_pre + drug + duration + treatment * visit))
), packages = "nlme")
