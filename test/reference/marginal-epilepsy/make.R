# Reference values for counts: Poisson regression with an offset, robust variances, GEE. Run in this folder: Rscript make.R
source("../reference.R")
source("../marginal.R")

data(epilepsy, package = "HSAUR3")
data <- data.frame(subject = as.character(epilepsy$subject), treatment = epilepsy$treatment, base = epilepsy$base,
                   age = epilepsy$age, period = as.numeric(as.character(epilepsy$period)), seizures = epilepsy$seizure.rate)
data$weeks <- ifelse(as.numeric(data$subject) %% 4 == 0, 1, 2)
data <- data[order(as.numeric(data$subject), data$period), ]
data <- data[!(as.numeric(data$subject) %% 6 == 0 & data$period == 4), ]
data$subject <- factor(data$subject, levels = unique(data$subject))

f <- seizures ~ treatment + log(base) + age + offset(log(weeks))
text <- "seizures ~ treatment + log(base) + age + offset(log(weeks))"
gee <- function(id, correlation, ...) gee_record(id, text, f, data, "subject", poisson(), correlation, ...)
write_case("Seizure counts: Poisson regression, GEE, robust variances", "HSAUR3::epilepsy", data, "subject",
           list(glm_record("poisson", text, glm(f, poisson, data, epsilon = 1e-14), data, "subject", joint = 3:4),
                gee("exchangeable", "exchangeable"), gee("ar1", "ar1"), gee("unstructured-visits", "unstructured", visit = "period"),
                gee_record("gaussian", "log(seizures + 1) ~ treatment * period + log(base)", log(seizures + 1) ~ treatment * period + log(base),
                           data, "subject", gaussian(), "exchangeable")),
           packages = c("HSAUR3", "geepack", "sandwich", "clubSandwich"))
