-- The goods of the sample shop, imported once: a migration runs once per environment, so what people change or delete
-- afterwards stays changed or deleted.
INSERT INTO catalog_item (id, name, price, image_url, description, last_updated)
SELECT id::uuid, name, price, image_url, description, now() - make_interval(days => days_ago)
FROM (VALUES
  ('5a6d0000-0000-4000-8000-000000000001', 'Enamel Camp Mug', 14, '/images/enamel-mug.svg',
   'Steel under two coats of enamel. It chips honestly, never breaks, and keeps cocoa warm while the fire settles. Holds 350 ml and hangs from any branch by its handle.', 1),
  ('5a6d0000-0000-4000-8000-000000000002', 'Storm Lantern', 46, '/images/storm-lantern.svg',
   'Burns for twenty hours on one filling, in wind that sends everybody else indoors. The glass comes off with a twist for cleaning.', 2),
  ('5a6d0000-0000-4000-8000-000000000003', 'Two-Person Tent', 249, '/images/two-person-tent.svg',
   'Pitched by one person in six minutes. Taped seams, two doors, and a porch wide enough for muddy boots and a wet dog. 2.4 kg.', 3),
  ('5a6d0000-0000-4000-8000-000000000004', 'Canvas Rucksack', 129, '/images/canvas-rucksack.svg',
   'Waxed canvas, bridle leather and brass that ages well. Twenty-two litres, two side pockets, and a flap that keeps the rain out of the bread.', 4),
  ('5a6d0000-0000-4000-8000-000000000005', 'Trail Compass', 32, '/images/trail-compass.svg',
   'Liquid-filled and luminous, in a brass case that fits the palm. It needs no signal, no charger and no update.', 5),
  ('5a6d0000-0000-4000-8000-000000000006', 'Cast-Iron Skillet', 54, '/images/cast-iron-skillet.svg',
   '26 cm across and seasoned with linseed oil before it leaves the foundry. Stove, oven or embers: it does not mind, and it will outlive the kitchen.', 6),
  ('5a6d0000-0000-4000-8000-000000000007', 'Wool Blanket', 89.5, '/images/wool-blanket.svg',
   'Woven from Shetland wool on a loom older than the weaver. For porches, benches and the long end of the evening. 140 by 190 cm.', 7),
  ('5a6d0000-0000-4000-8000-000000000008', 'Beeswax Candles', 18.25, '/images/beeswax-candles.svg',
   'Three of them, dipped by hand in different heights. They smell of summer, burn without a drip and leave nothing behind.', 8),
  ('5a6d0000-0000-4000-8000-000000000009', 'Oak Cutting Board', 38, '/images/oak-cutting-board.svg',
   'One piece of oak, oiled and heavy enough to stay where it is put. The hole is for the nail by the window.', 9),
  ('5a6d0000-0000-4000-8000-000000000010', 'Folding Stool', 41, '/images/folding-stool.svg',
   'Ash legs and a sling of sailcloth. It carries a grown-up, folds to the size of an umbrella and goes under an arm.', 10),
  ('5a6d0000-0000-4000-8000-000000000011', 'Thermos Flask', 35, '/images/thermos-flask.svg',
   'Hot for a day, cold for two. Double-walled steel, a lid that is a cup, and a base that does not click on stone. One litre.', 11),
  ('5a6d0000-0000-4000-8000-000000000012', 'Stoneware Teapot', 62, '/images/stoneware-teapot.svg',
   'Thrown on the wheel and dipped in an ash glaze, so that no two are alike. Pours without a drop and holds four cups.', 12),
  ('5a6d0000-0000-4000-8000-000000000013', 'Hiking Boots', 198, '/images/hiking-boots.svg',
   'Full-grain leather on a sole that can be replaced, twice. They ask for a week of patience and then give ten years back.', 13),
  ('5a6d0000-0000-4000-8000-000000000014', 'Splitting Axe', 72, '/images/splitting-axe.svg',
   'Forged head, hickory handle and a wedge that opens a knot on the second blow. Comes with a leather sheath.', 14),
  ('5a6d0000-0000-4000-8000-000000000015', 'Potted Rosemary', 12.5, '/images/potted-rosemary.svg',
   'A young bush in a hand-turned clay pot. Likes the sun, forgives a holiday, and belongs within reach of the skillet.', 15)
) AS sample (id, name, price, image_url, description, days_ago)
ON CONFLICT (id) DO NOTHING;
