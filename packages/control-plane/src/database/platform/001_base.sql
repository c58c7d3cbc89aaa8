-- Everything that AlwaysOn itself keeps in the database lives in the schema alwayson; the runner made it.
-- The application's role may look into it; each table says itself what more it may do.
GRANT USAGE ON SCHEMA alwayson TO app;
