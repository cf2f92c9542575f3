-- no transaction
drop index concurrently if exists analytics.facts_agent;
