// What pint finds and we mean so, each with its reason. Everything else that it can check without a
// Prometheus is on.

rule {
  // An alert on what is gone is about one series, or about none at all. Its texts ask first whether
  // there is such a label, and have words for where there is none.
  match {
    kind = "alerting"
    annotation "description" {
      value = "(?s).*\\{\\{ or \\$labels\\..*"
    }
  }
  disable = ["alerts/template"]
}
