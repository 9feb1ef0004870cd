// The names that Grafana's front end knows: units, transformations, reducers, colour modes, and the
// field properties that an override may set. Types can't tell them: they are plain strings there.
import * as grafana from '@grafana/data';
import fs from 'node:fs';

const [, , out] = process.argv;
const ids = (registry) => registry.list().map((item) => item.id);
const names = {
  colorModes: ids(grafana.fieldColorModeRegistry),
  fieldMatchers: ids(grafana.fieldMatchers),
  mappingTypes: Object.values(grafana.MappingType),
  properties: Object.values(grafana.FieldConfigProperty),
  reducers: ids(grafana.fieldReducers),
  transformers: [...new Set(Object.values(grafana.standardTransformers).map((item) => item.id))],
  units: grafana.getValueFormats().flatMap((group) => group.submenu.map((unit) => unit.value)),
};
for (const list of Object.values(names)) list.sort();
fs.writeFileSync(out, JSON.stringify(names, null, 1) + '\n');
