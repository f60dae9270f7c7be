#!/usr/bin/env bash
# Lints the policies of $KPI_FILES for a CI system: annotations on standard output, SARIF to $KPI_SARIF, JUnit to $KPI_JUNIT.
# Settings come in variables, so that no text of a workflow is ever part of a command: KPI_DENY, KPI_RULES, KPI_BASELINE,
# KPI_LANGUAGE; KPI_HOME is the checkout of kpi-lang, used to build the program where there is none.
set -euo pipefail

kpi=${KPI_PROGRAM:-kpi}
if ! command -v "$kpi" > /dev/null; then
  home=${KPI_HOME:?no kpi on the path, and KPI_HOME does not say where to build it}
  "$home/scripts/install_packages"
  cmake -S "$home" -B "$home/build/ci-action" -G Ninja -DCMAKE_BUILD_TYPE=Release -DKPI_TESTS=OFF > /dev/null
  cmake --build "$home/build/ci-action" --target kpi > /dev/null
  kpi=$home/build/ci-action/kpi
fi

options=(--lang "${KPI_LANGUAGE:-en}")
[[ -z ${KPI_DENY:-} ]] || options+=(--deny "$KPI_DENY")
[[ -z ${KPI_RULES:-} ]] || options+=(--rules "$KPI_RULES")
[[ -z ${KPI_BASELINE:-} ]] || options+=(--baseline "$KPI_BASELINE")

# The pattern is expanded here, words stay words.
shopt -s globstar nullglob
files=()
for pattern in ${KPI_FILES:?which policies?}; do files+=("$pattern"); done
if ((${#files[@]} == 0)); then
  echo "no file matches $KPI_FILES" >&2
  exit 2
fi

status=0
[[ -z ${KPI_SARIF:-} ]] || "$kpi" lint "${files[@]}" "${options[@]}" --format sarif --output "$KPI_SARIF" || status=$?
[[ -z ${KPI_JUNIT:-} ]] || "$kpi" lint "${files[@]}" "${options[@]}" --format junit --output "$KPI_JUNIT" || status=$?
"$kpi" lint "${files[@]}" "${options[@]}" --format "${KPI_FORMAT:-github}" || status=$?
exit $status
