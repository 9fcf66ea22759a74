# Reference values for a binary repeated outcome: logistic regression, robust variances, GEE, standardised risks.
# Run in this folder: Rscript make.R
source("../reference.R")
source("../marginal.R")

data(respiratory, package = "HSAUR3")
visits <- subset(respiratory, month != "0")
baseline <- subset(respiratory, month == "0")
data <- data.frame(
  subject = as.character(visits$subject), centre = factor(visits$centre), treatment = visits$treatment,
  sex = factor(visits$gender, levels = c("female", "male")), age = visits$age,
  month = as.numeric(as.character(visits$month)),
  baseline = factor(baseline$status[match(visits$subject, baseline$subject)], levels = c("poor", "good")),
  good = as.numeric(visits$status == "good"))
# Visits missed in some patients, so that clusters differ in size and visits leave gaps; one patient with one row.
number <- as.numeric(data$subject)
data <- data[!(number %% 7 == 0 & data$month == 2) & !(number %% 5 == 0 & data$month >= 3) & !(number == 1 & data$month > 1), ]
data <- data[order(as.numeric(data$subject), data$month), ]
data$subject <- factor(data$subject, levels = unique(data$subject))

f <- good ~ centre + treatment + sex + baseline + age
text <- "good ~ centre + treatment + sex + baseline + age"
# geepack 1.3.9 crashes on unstructured with gaps between visits.
gee <- function(id, correlation, ...) gee_record(id, text, f, data, "subject", binomial(), correlation, ...)
fits <- list(
  glm_record("logistic", text, glm(f, binomial, data, epsilon = 1e-14), data, "subject", joint = 3:5, risks = "treatment"),
  glm_record("interaction", "good ~ treatment * age + baseline", glm(good ~ treatment * age + baseline, binomial, data, epsilon = 1e-14), data, "subject", risks = "treatment"),
  gee("independence", "independence"), gee("exchangeable", "exchangeable", risks = "treatment"),
  gee("ar1", "ar1"), gee("ar1-visits", "ar1", visit = "month"))
write_case("Respiratory illness, some visits missing: logistic regression, GEE, robust variances, standardised risks",
           "HSAUR3::respiratory", data, "subject", fits, packages = c("HSAUR3", "geepack", "sandwich", "clubSandwich"))
