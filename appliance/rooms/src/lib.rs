//! Pure room rules: event building, authorization, state resolution, power levels, redaction, push evaluation, relations.
