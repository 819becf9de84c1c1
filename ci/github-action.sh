#!/usr/bin/env bash
# The lint step of action.yml: inputs come as INPUT_…, results go where a GitHub runner looks.
set -uo pipefail

temp=${RUNNER_TEMP:-$(mktemp -d)}
if ! command -v imgopt >/dev/null 2>&1 || [ -n "${INPUT_PACKAGE:-}" ]; then
    python=$(command -v python3) || { echo "::error::imgopt needs Python 3.11 or newer"; exit 2; }
    package=${INPUT_PACKAGE:-$GITHUB_ACTION_PATH}
    extras=""
    case " ${INPUT_ENGINES:-} " in *" hadolint "*) extras="hadolint" ;; esac
    case " ${INPUT_ENGINES:-} " in *" shellcheck "*) extras="${extras:+$extras,}shell" ;; esac
    "$python" -m venv "$temp/imgopt" &&
        "$temp/imgopt/bin/pip" install --quiet --disable-pip-version-check \
            "$package${extras:+[$extras]}" ||
        { echo "::error::imgopt cannot be installed"; exit 2; }
    PATH="$temp/imgopt/bin:$PATH"
fi

cd "${GITHUB_WORKSPACE:-.}" || exit 2
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
