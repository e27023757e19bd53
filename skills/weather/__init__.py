"""The skill `weather`: forecasts of a service that speaks as Open-Meteo does."""
