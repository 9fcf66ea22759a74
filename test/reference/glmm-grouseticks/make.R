# Ticks on the heads of red grouse chicks: chicks within broods within locations, and years crossed with locations
# (lme4::grouseticks; Elston et al. 2001).
source("../glmm.R")
data <- data.frame(ticks = grouseticks$TICKS, year = grouseticks$YEAR, height = (grouseticks$HEIGHT - 462) / 100,
                   brood = grouseticks$BROOD, location = grouseticks$LOCATION, index = grouseticks$INDEX)
data$effort <- log(1 + (seq_len(nrow(data)) %% 3))
nested <- fit_glmm(ticks ~ year + height + (1 | index) + (1 | brood) + (1 | location), data, poisson)
crossed <- fit_glmm(ticks ~ height + offset(effort) + (1 | brood) + (1 | year), data, poisson)
agq <- fit_glmm(ticks ~ year + height + (1 | brood), data, poisson, 15)
# glmer's deviance with nAGQ > 1 is relative to the saturated model.
saturated <- sum(dpois(data$ticks, data$ticks, log = TRUE))
write_case(
  "Counts: three nested grouping factors, crossed ones with an offset, quadrature",
  "lme4::grouseticks (Elston et al. 2001, Parasitology 122:563-569)",
  data, c("brood", "location", "index"),
  list(
    glmm_record("nested", "ticks ~ year + height + (1 | index) + (1 | brood) + (1 | location)", nested, data, "poisson"),
    glmm_record("crossed", "ticks ~ height + offset(effort) + (1 | brood) + (1 | year)", crossed, data, "poisson"),
    glmm_record("quadrature", "ticks ~ year + height + (1 | brood)", agq, data, "poisson", 15, saturated)
  )
)
