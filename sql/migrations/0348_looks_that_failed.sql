-- When a look through a provider's lists last failed for some of the numbers (machine time): the numbers are asked again
-- an hour later, as after a look that succeeded, and not at every round.
ALTER TABLE pro.inbound_sweeps ADD COLUMN failed_at timestamptz;
GRANT UPDATE (failed_at) ON pro.inbound_sweeps TO pro_provider;
