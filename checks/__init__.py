"""Pure judgement: values in, outcomes out. No I/O, no clock, no environment."""
