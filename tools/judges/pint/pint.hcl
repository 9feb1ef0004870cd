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

rule {
  // It fires always, so that its silence tells that alerts do not arrive.
  match {
    kind = "alerting"
    name = "Watchdog"
  }
  disable = ["alerts/comparison"]
}

rule {
  // Mimir takes twenty rules in a group, so that long chains of recordings are cut. What reads across
  // a cut is one evaluation late, which is little beside windows of minutes and more.
  match {
    kind = "recording"
  }
  disable = ["rule/dependency"]
}
