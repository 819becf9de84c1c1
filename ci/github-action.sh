#!/usr/bin/env bash
# The step of action.yml: inputs come as INPUT_…, results go where a GitHub runner looks.
set -uo pipefail

mode=${INPUT_MODE:-lint}
case "$mode" in
lint | check) ;;
*) echo "::error::mode must be lint or check"; exit 2 ;;
esac
temp=${RUNNER_TEMP:-$(mktemp -d)}
if ! command -v imgopt >/dev/null 2>&1 || [ -n "${INPUT_PACKAGE:-}" ]; then
    python=$(command -v python3) || { echo "::error::imgopt needs Python 3.11 or newer"; exit 2; }
    package=${INPUT_PACKAGE:-$GITHUB_ACTION_PATH}
    extras=""
    case " ${INPUT_ENGINES:-} " in *" hadolint "*) extras="hadolint" ;; esac
    case " ${INPUT_ENGINES:-} " in *" shellcheck "*) extras="${extras:+$extras,}shell" ;; esac
    [ "$mode" = check ] && extras="${extras:+$extras,}bench"
    "$python" -m venv "$temp/imgopt" &&
        "$temp/imgopt/bin/pip" install --quiet --disable-pip-version-check \
            "$package${extras:+[$extras]}" ||
        { echo "::error::imgopt cannot be installed"; exit 2; }
    PATH="$temp/imgopt/bin:$PATH"
fi

cd "${GITHUB_WORKSPACE:-.}" || exit 2

# A pull request: one verdict, in the log, the job's summary and a comment.
check() {
    local against=${INPUT_AGAINST:-${GITHUB_BASE_REF:+origin/$GITHUB_BASE_REF}}
    local report="$temp/imgopt-check.md" marks="$temp/imgopt-annotations" code words services
    if [ -z "$against" ]; then
        echo "::error::mode: check is for pull requests; elsewhere, say what to compare with: against"
        return 2
    fi
    local arguments=("--against=$against" --format text --format "markdown:$report" --format "github:$marks"
        --format "json:${INPUT_CHECK_FILE:-imgopt-check.json}")
    [ -n "${INPUT_FAIL_ON:-}" ] && arguments+=("--fail-on=$INPUT_FAIL_ON")
    case "${INPUT_COMMENT:-}:${GITHUB_REF:-}" in true:refs/pull/*) arguments+=(--comment) ;; esac
    read -r -a words <<<"${INPUT_CHECK_ARGUMENTS:-}"
    read -r -a services <<<"${INPUT_SERVICES:-}"
    imgopt check "${arguments[@]}" "${words[@]}" -- "${services[@]}"
    code=$?
    [ -f "$marks" ] && cat "$marks"
    [ -f "$report" ] && cat "$report" >>"${GITHUB_STEP_SUMMARY:-/dev/null}"
    case "$code" in 0) verdict=pass ;; 1) verdict=fail ;; *) verdict=error ;; esac
    echo "verdict=$verdict" >>"${GITHUB_OUTPUT:-/dev/null}"
    return "$code"
}

if [ "$mode" = check ]; then
    check
    exit
fi

sarif=${INPUT_SARIF_FILE:-imgopt.sarif}
summary="$temp/imgopt-summary.md"
arguments=(--format github --format "sarif:$sarif" --format "markdown:$summary")
[ -n "${INPUT_FAIL_ON:-}" ] && arguments+=("--fail-on=$INPUT_FAIL_ON")
[ -n "${INPUT_SELECT:-}" ] && arguments+=("--select=$INPUT_SELECT")
[ -n "${INPUT_IGNORE:-}" ] && arguments+=("--ignore=$INPUT_IGNORE")
[ -n "${INPUT_CHANGED_SINCE:-}" ] && arguments+=("--changed-since=$INPUT_CHANGED_SINCE")
[ -n "${INPUT_BASELINE:-}" ] && arguments+=("--baseline=$INPUT_BASELINE")
read -r -a engines <<<"${INPUT_ENGINES:-}"
for engine in "${engines[@]}"; do arguments+=("--with=$engine"); done
read -r -a paths <<<"${INPUT_PATHS:-.}"

imgopt lint "${arguments[@]}" -- "${paths[@]}"
code=$?

if [ -f "$sarif" ]; then
    {
        echo "sarif-file=$sarif"
        echo "findings=$(grep -c '"ruleId":' "$sarif")"
    } >>"${GITHUB_OUTPUT:-/dev/null}"
fi
[ -f "$summary" ] && cat "$summary" >>"${GITHUB_STEP_SUMMARY:-/dev/null}"
exit "$code"
