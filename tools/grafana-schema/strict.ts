// Grafana's classic dashboard with the panels that the generator writes, and nothing else allowed.
//
// @grafana/schema leaves `options`, `custom`, `targets` and annotations open. Here each kind of panel is
// tied to its own types, so that a misspelt key is an error. What the package has no type for
// (Prometheus queries and annotations) is written by hand.
import type {
  AnnotationQuery,
  Dashboard,
  DataSourceRef,
  FieldConfig,
  FieldConfigSource,
  Panel,
  RowPanel,
  ThresholdsConfig,
} from './node_modules/@grafana/schema/dist/types/raw/dashboard/x/types.gen';
import type * as bargauge from './node_modules/@grafana/schema/dist/types/raw/composable/bargauge/panelcfg/x/types.gen';
import type * as gauge from './node_modules/@grafana/schema/dist/types/raw/composable/gauge/panelcfg/x/types.gen';
import type * as heatmap from './node_modules/@grafana/schema/dist/types/raw/composable/heatmap/panelcfg/x/types.gen';
import type * as stat from './node_modules/@grafana/schema/dist/types/raw/composable/stat/panelcfg/x/types.gen';
import type * as states from './node_modules/@grafana/schema/dist/types/raw/composable/statetimeline/panelcfg/x/types.gen';
import type * as table from './node_modules/@grafana/schema/dist/types/raw/composable/table/panelcfg/x/types.gen';
import type * as text from './node_modules/@grafana/schema/dist/types/raw/composable/text/panelcfg/x/types.gen';
import type * as timeseries from './node_modules/@grafana/schema/dist/types/raw/composable/timeseries/panelcfg/x/types.gen';

/** All fields optional at every depth: Grafana fills in what a dashboard leaves out. */
type Partly<T> = T extends (infer Item)[]
  ? Partly<Item>[]
  : T extends object
    ? { [Key in keyof T]?: Partly<T[Key]> }
    : T;

export interface PrometheusQuery {
  refId: string;
  expr: string;
  datasource: DataSourceRef;
  legendFormat?: string;
  format?: 'time_series' | 'table' | 'heatmap';
  instant?: boolean;
  range?: boolean;
  exemplar?: boolean;
  interval?: string;
  editorMode?: 'code' | 'builder';
}

export type PrometheusAnnotation = Omit<AnnotationQuery, 'target' | 'type'> & {
  target: PrometheusQuery;
  titleFormat?: string;
  textFormat?: string;
  tagKeys?: string;
  useValueForTime?: boolean;
};

/** In classic JSON the lowest step's value is null: minus infinity has no JSON. */
interface Step {
  value: number | null;
  color: string;
}

type Fields<Custom> = {
  defaults: Omit<FieldConfig, 'custom' | 'thresholds'> & {
    custom?: Partly<Custom>;
    thresholds?: { mode: ThresholdsConfig['mode']; steps: Step[] };
  };
  overrides: FieldConfigSource['overrides'];
};

type Kind<Type extends string, Options, Custom = {}> = Omit<
  Panel,
  'type' | 'options' | 'fieldConfig' | 'targets'
> & {
  type: Type;
  options?: Partly<Options>;
  fieldConfig?: Fields<Custom>;
  targets?: PrometheusQuery[];
};

export type AnyPanel =
  | Kind<'bargauge', bargauge.Options>
  | Kind<'gauge', gauge.Options>
  | Kind<'heatmap', heatmap.Options, heatmap.FieldConfig>
  | Kind<'stat', stat.Options>
  | Kind<'state-timeline', states.Options, states.FieldConfig>
  | Kind<'table', table.Options, table.FieldConfig>
  | Kind<'text', text.Options>
  | Kind<'timeseries', timeseries.Options, timeseries.FieldConfig>;

export type StrictRow = Omit<RowPanel, 'panels'> & { panels: AnyPanel[] };

export type StrictDashboard = Omit<Dashboard, 'panels' | 'annotations'> & {
  annotations: { list: PrometheusAnnotation[] };
  panels: (AnyPanel | StrictRow)[];
};
