# Merge a branch when its DAI run has passed: examples\local\pre-merge.ps1 BRANCH RUN_ID [OPTION]...
# The same as `pre-merge` next to it, for PowerShell.
param(
  [Parameter(Mandatory)][string]$Branch,
  [Parameter(Mandatory)][string]$RunId,
  [Parameter(ValueFromRemainingArguments)][string[]]$Options
)
if (-not ($env:DAI_URL -or $env:DAI_CONFIG)) {
  [Console]::Error.WriteLine('pre-merge: set DAI_URL, or name a file with DAI_CONFIG')
  exit 2
}
$commit = git rev-parse --verify --end-of-options "$Branch^{commit}"
if ($LASTEXITCODE -ne 0) { exit $LASTEXITCODE }
$env:DAI_RUN_ID = $RunId
dai-gate wait @Options
if ($LASTEXITCODE -ne 0) { exit $LASTEXITCODE }
git merge --no-ff -m "Merge ${Branch}: the DAI run passed" $commit
exit $LASTEXITCODE
