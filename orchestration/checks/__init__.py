"""Questions about an account: before the first deploy (preflight) and after a night (doctor)."""
