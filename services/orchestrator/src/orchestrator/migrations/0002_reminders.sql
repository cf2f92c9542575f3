-- Nulls without a default: no row is rewritten, and where nobody is reminded rows stay as small.
alter table orchestrator.invitations
    add column remind_after interval,     -- as the flow said when the ask was planned
    add column remind_at timestamptz,     -- set when the ask has gone out; then `due_at` is this one's
    add column reminder text,             -- domain.reminding.Status; null: not planned so far
    add column reminder_reason text;      -- why it was cancelled or failed
