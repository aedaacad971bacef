// A step for a Jenkins shared library, to be called where `dai-gate` is on PATH, as in a container of its image:
//   daiGate(url: 'https://dai.example.com:8000', clientId: 'ci', credentialsId: 'dai-client-secret', runId: params.RUN_ID)
// Further options of `dai-gate wait` go by their variables: variables: [DAI_TIMEOUT: '30m', DAI_REQUIRE: 'any'].
// The build fails if the run failed, is unstable if it did not complete, and has its test results in each case.
int call(Map options) {
    for (name in ['url', 'clientId', 'credentialsId', 'runId']) {
        if (!options[name]) {
            error("daiGate: ${name} is missing.")
        }
    }
    Map variables = [DAI_TIMEOUT: '90m'] + (options.variables ?: [:])
    variables += [DAI_URL: options.url, DAI_CLIENT_ID: options.clientId, DAI_RUN_ID: options.runId]
    List<String> environment = []
    for (entry in variables) {
        environment << "${entry.key}=${entry.value}".toString()
    }
    int code = 0
    withEnv(environment) {
        withCredentials([string(credentialsId: options.credentialsId, variable: 'DAI_CLIENT_SECRET')]) {
            // Single quotes: secrets and parameters are variables of the shell, never text of a script.
            code = sh(script: 'dai-gate wait --junit reports/dai.xml --json reports/dai.json', returnStatus: true)
        }
    }
    junit testResults: 'reports/dai.xml', skipMarkingBuildUnstable: true, allowEmptyResults: true
    if (code == 3) {
        unstable('The DAI run did not complete: it neither passed nor failed.')
    } else if (code != 0) {
        error("dai-gate ended with exit code ${code}.")
    }
    return code
}
