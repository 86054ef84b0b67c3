-- Fixed words that catalogs refer to: see migrations 0003, 0028 and 0043.
INSERT INTO metering_feature VALUES ('CHAT', 'Chat');
INSERT INTO metering_feature VALUES ('PRIOR_ART', 'Prior-art search');
INSERT INTO metering_feature VALUES ('DRAFTING', 'Patent drafting');
INSERT INTO metering_feature VALUES ('DIAGRAMS', 'Diagrams');
INSERT INTO metering_feature VALUES ('ACADEMIC_SEARCH', 'Academic search');
INSERT INTO metering_feature VALUES ('PATENT_DATABASES', 'Patent databases');
INSERT INTO metering_feature VALUES ('OWN_KEYS', 'Own vendor keys');
INSERT INTO metering_modelclass VALUES ('BASE_S', 'Base, small', 1);
INSERT INTO metering_modelclass VALUES ('BASE_M', 'Base, medium', 2);
INSERT INTO metering_modelclass VALUES ('PRO_M', 'Professional, medium', 3);
INSERT INTO metering_modelclass VALUES ('PRO_L', 'Professional, large', 4);
INSERT INTO metering_modelclass VALUES ('ADVANCED', 'Advanced', 5);
INSERT INTO metering_task VALUES ('LLM0_CHAT', 'Chat', 'CHAT');
INSERT INTO metering_task VALUES ('LLM1_PRIOR_ART', 'Prior-art search', 'PRIOR_ART');
INSERT INTO metering_task VALUES ('LLM2_DRAFT', 'Patent drafting', 'DRAFTING');
INSERT INTO metering_task VALUES ('LLM3_DIAGRAM', 'Diagrams', 'DIAGRAMS');
