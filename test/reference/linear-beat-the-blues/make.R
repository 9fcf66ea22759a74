# Reference values for analysis of covariance at one visit. Run in this folder: Rscript make.R
source("../reference.R")

data <- read.csv("../../../data/beat-the-blues/beat-the-blues.csv", stringsAsFactors = FALSE)
data$drug <- factor(data$drug, levels = c("No", "Yes"))
data$duration <- factor(data$duration, levels = c("under_6m", "over_6m"))
data$treatment <- factor(data$treatment, levels = c("TAU", "BtheB"))
data$on_drug <- as.numeric(data$drug == "Yes")
last <- subset(data, month == 8)

ancova <- lm(bdi ~ bdi_pre + drug + duration + treatment, last)
interaction <- lm(bdi ~ bdi_pre * treatment + on_drug + duration, last)
logs <- lm(log(bdi + 1) ~ sqrt(bdi_pre) + treatment + offset(0.1 * bdi_pre), last)
cell <- lm(bdi ~ 0 + treatment, last)
means <- function(record, model, ...) {
  record$means <- adjusted_means(list(model = model, data = model.frame(model)), "treatment", methods = "residual", ...)
  record
}
first <- means(linear_record("ancova", "bdi ~ bdi_pre + drug + duration + treatment", ancova, data,
  hypotheses = list("drug and duration" = diag(5)[3:4, ])), ancova)
second <- means(linear_record("interaction", "bdi ~ bdi_pre * treatment + on_drug + duration", interaction, data), interaction)
write_case("Beat the Blues at 8 months (rows with month 8): analysis of covariance, adjusted means with weights equal over factors and covariates at their mean",
           "HSAUR3::BtheB, rows with month 8 of data/beat-the-blues/beat-the-blues.csv, on_drug = 1 for drug Yes",
           last, "participant",
           list(first, second,
                linear_record("logs", "log(bdi + 1) ~ sqrt(bdi_pre) + treatment + offset(0.1 * bdi_pre)", logs, data),
                linear_record("cells", "bdi ~ 0 + treatment", cell, data)),
           packages = c("HSAUR3", "emmeans"))
