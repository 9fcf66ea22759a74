# Reference values for robust variances of linear models. Run in this folder: Rscript make.R
source("../reference.R")
source("../marginal.R")

data <- read.csv("../../../data/beat-the-blues/beat-the-blues.csv", stringsAsFactors = FALSE)
data$drug <- factor(data$drug, levels = c("No", "Yes"))
data$duration <- factor(data$duration, levels = c("under_6m", "over_6m"))
data$treatment <- factor(data$treatment, levels = c("TAU", "BtheB"))
data <- subset(data, !is.na(bdi))
# Ten units of very different size, each within one treatment or across both: few clusters.
data$unit <- factor(paste0("u", (as.numeric(factor(data$participant))^2 %% 37) %% 10))
plain <- lm(bdi ~ bdi_pre + drug + duration + treatment + month, data)
within <- lm(bdi ~ bdi_pre + treatment * month + unit, data)
few <- glm_record("few-clusters", "bdi ~ bdi_pre + drug + duration + treatment + month", plain, data, "unit", joint = 3:5)
many <- glm_record("many-clusters", "bdi ~ bdi_pre + drug + duration + treatment + month", plain, data, "participant", joint = 3:5)
# The cluster's own indicators: CR2 of the other coefficients exists, CR3 does not.
cr2 <- vcovCR(within, cluster = data$unit, type = "CR2")
tests <- coef_test(within, cr2, test = "Satterthwaite")
free <- c(2:4, nrow(tests))
absorbed <- list(id = "absorbed", formula = "bdi ~ bdi_pre + treatment * month + unit", cluster = "unit",
                 names = project_names(names(coef(within))[free], data), se = tests$SE[free], df = tests$df_Satt[free], p = tests$p_Satt[free])
write_case("Beat the Blues, all visits: heteroscedasticity- and cluster-robust variances of linear models",
           "data/beat-the-blues/beat-the-blues.csv; units made up", data, c("participant", "unit"), list(few, many, absorbed),
           packages = c("sandwich", "clubSandwich"))
