# Wait in a container, with as few privileges as possible: examples\docker\run.ps1 RUN_ID [OPTION]...
# The same as `run` next to it, for PowerShell. The exit code is that of dai-gate.
param([Parameter(Mandatory)][string]$RunId, [Parameter(ValueFromRemainingArguments)][string[]]$Options)
$env:DAI_RUN_ID = $RunId
$image = if ($env:DAI_GATE_IMAGE) { $env:DAI_GATE_IMAGE } else { 'registry.example.com/dai-gate:1' }
docker run --rm --read-only --cap-drop ALL --volume "${PWD}:/work" `
  --env DAI_RUN_ID --env DAI_URL --env DAI_CLIENT_ID --env DAI_CLIENT_SECRET `
  $image wait --junit reports/dai.xml @Options
exit $LASTEXITCODE
