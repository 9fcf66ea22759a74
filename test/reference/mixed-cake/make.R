# Reference values for tests of several coefficients at once. Run in this folder: Rscript make.R
source("../reference.R")

data <- with(lme4::cake, data.frame(angle, recipe, temperature = factor(as.character(temperature)), replicate, temp))
# Unbalanced: every eleventh row is lost.
data$kept <- ifelse(seq_len(nrow(data)) %% 11 == 0, NA, data$angle)

full <- fit_mixed(angle ~ recipe * temperature + (1 | replicate) + (1 | recipe:replicate), data)
batches <- fit_mixed(angle ~ recipe * temperature + (1 | recipe:replicate), data)
unbalanced <- fit_mixed(kept ~ recipe + temp + (1 | replicate) + (1 | recipe:replicate), data)

tests <- function(model) list(recipe = rows_for(model, "^recipe[BC]$"), temperature = rows_for(model, "^temperature[0-9]+$"),
                              interaction = rows_for(model, ":"))
two <- list(recipe = rows_for(unbalanced$model, "^recipe"), "recipe and temp" = rows_for(unbalanced$model, "^(recipe|temp)"))
split <- mixed_record("split-plot", "angle ~ recipe * temperature + (1 | replicate) + (1 | recipe:replicate)", full, data, hypotheses = tests(full$model))
split$means <- adjusted_means(full, "recipe", "temperature")
gaps <- mixed_record("unbalanced", "kept ~ recipe + temp + (1 | replicate) + (1 | recipe:replicate)", unbalanced, data, hypotheses = two)
gaps$means <- adjusted_means(unbalanced, "recipe")
write_case(
  "Cake: three recipes by six temperatures, batches of each recipe in each replicate; `kept` loses every eleventh row",
  "lme4::cake (Cook 1938; Cochran & Cox 1957), temperature without its order",
  data, "replicate",
  list(split, mixed_record("batches", "angle ~ recipe * temperature + (1 | recipe:replicate)", batches, data, hypotheses = tests(batches$model)), gaps)
)
