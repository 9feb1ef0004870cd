// Package v2 stands in for Grafana's own, so that the linter builds without Grafana's server and
// the hundreds of modules below it. It has the fields that the linter names, and no way to read
// them: the linter reaches for them only in dashboards of Grafana's second schema, and what is
// judged here has the first.
package v2

// DashboardSpec is a dashboard.
type DashboardSpec struct {
	Title       string
	Editable    *bool
	Elements    map[string]DashboardElement
	Variables   []DashboardVariableKind
	Annotations []DashboardAnnotationQueryKind
}

// DashboardElement is a panel, or one of a library.
type DashboardElement struct {
	PanelKind *struct{ Spec DashboardPanelSpec }
}

// DashboardPanelSpec is what a panel shows.
type DashboardPanelSpec struct {
	Id          float64
	Title       string
	Description string
	VizConfig   struct {
		Group string
		Spec  struct{ FieldConfig, Options any }
	}
	Data struct {
		Spec struct{ Queries []DashboardPanelQueryKind }
	}
}

// DashboardPanelQueryKind is a query of a panel.
type DashboardPanelQueryKind struct {
	Spec struct {
		RefId  string
		Hidden bool
		Query  DashboardDataQueryKind
	}
}

// DashboardDataQueryKind is a query, and whom it asks.
type DashboardDataQueryKind struct {
	Group      string
	Datasource *struct{ Name *string }
	Spec       map[string]any
}

// DashboardAnnotationQueryKind is a query for annotations.
type DashboardAnnotationQueryKind struct {
	Spec struct {
		Name  string
		Query DashboardDataQueryKind
	}
}

// DashboardVariableRefresh says when a variable is asked for anew.
type DashboardVariableRefresh string

// The times at which it may be.
const (
	DashboardVariableRefreshOnDashboardLoad    DashboardVariableRefresh = "onDashboardLoad"
	DashboardVariableRefreshOnTimeRangeChanged DashboardVariableRefresh = "onTimeRangeChanged"
)

// Variable is what the variables of all kinds have.
type Variable struct {
	Name     string
	Label    *string
	Multi    bool
	AllValue *string
	Refresh  DashboardVariableRefresh
}

// QueryVariable asks a data source.
type QueryVariable struct {
	Spec struct {
		Variable
		Query DashboardDataQueryKind
	}
}

// DatasourceVariable chooses a data source.
type DatasourceVariable struct {
	Spec struct {
		Variable
		PluginId string
	}
}

// TextVariable has its values written out.
type TextVariable struct {
	Spec struct {
		Variable
		Query string
	}
}

// PlainVariable has no query.
type PlainVariable struct{ Spec Variable }

// DashboardVariableKind is a variable of one of the kinds.
type DashboardVariableKind struct {
	QueryVariableKind      *QueryVariable
	DatasourceVariableKind *DatasourceVariable
	CustomVariableKind     *TextVariable
	IntervalVariableKind   *TextVariable
	ConstantVariableKind   *TextVariable
	TextVariableKind       *TextVariable
	AdhocVariableKind      *PlainVariable
	GroupByVariableKind    *PlainVariable
	SwitchVariableKind     *PlainVariable
}
