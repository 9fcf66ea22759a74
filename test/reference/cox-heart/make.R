# survival::heart, the Stanford transplant programme: time-varying transplant as intervals of a patient.
source("../cox.R")
data <- with(heart, data.frame(id, start, stop, event, age = round(age, 6), year = round(year, 6), surgery,
                               transplant = factor(transplant, 0:1, c("before", "after"))))
fits <- list(
  cox_fit("start-stop", Surv(start, stop, event) ~ age + year + surgery + transplant, "Surv(start, stop, event) ~ age + year + surgery + transplant",
    data, residuals = TRUE, newdata = data.frame(age = c(0, 5), year = c(2, 4), surgery = c(0, 1), transplant = factor(c("before", "after"), c("before", "after"))), times = c(30, 100, 400)),
  cox_fit("start-stop-breslow", Surv(start, stop, event) ~ age + transplant, "Surv(start, stop, event) ~ age + transplant", data, ties = "breslow"),
  cox_fit("strata-cluster", Surv(start, stop, event) ~ age * transplant + strata(surgery) + cluster(id),
    "Surv(start, stop, event) ~ age * transplant + strata(surgery) + cluster(id)", data, residuals = TRUE))
write_cox(data, list(id = list(type = "id"), start = list(type = "number"), stop = list(type = "number"), event = list(type = "number"),
  age = list(type = "number"), year = list(type = "number"), surgery = list(type = "number"), transplant = list(type = "factor", levels = c("before", "after"))), fits)
