# R's p.adjust on p-values with ties and order to mind. Run in this folder: Rscript make.R
library(jsonlite)
set.seed(3)
families <- list(c(0.01, 0.02, 0.03, 0.04, 0.05), c(0.04, 0.01, 0.01, 0.7), c(0.2), c(0.05, 0.05, 0.05), signif(runif(12)^3, 6))
records <- lapply(families, function(p) list(p = I(p), bonferroni = I(p.adjust(p, "bonferroni")), holm = I(p.adjust(p, "holm")), hochberg = I(p.adjust(p, "hochberg"))))
writeLines(toJSON(list(about = "Adjusted p-values", software = list(R = R.version.string), families = records), auto_unbox = TRUE, digits = NA), "expected.json")
