/*
 * As much of Jenkins as the examples need: groovy jenkins.groovy JENKINSFILE RESULT [FOLDER]
 *
 * FOLDER holds the steps of a shared library (vars). The pipeline is real Groovy and each `sh` really runs, in the container that the agent asks for, started and entered as
 * the plugin Docker Pipeline does it; what Jenkins would take in afterwards is noted in the file RESULT as JSON.
 * From the environment: DOCKER (the client), DOCKER_RUN (further options of docker run), PARAMETER_* and SECRET_*, whose
 * names go on with those of parameters and credentials, in capitals.
 */
import groovy.json.JsonOutput
import org.codehaus.groovy.control.CompilerConfiguration

class Failed extends RuntimeException {
    Failed(String message) { super(message) }
}

abstract class Jenkins extends Script {
    static final Map noted = [result: 'SUCCESS', messages: [], stages: [], junit: [], archived: []]
    static final Map agent = [:]
    static final Map secrets = [:]
    static String container

    static String given(String kind, String name) {
        return System.getenv("${kind}_${name.toUpperCase().replace('-', '_')}")
    }

    static Map execute(List command, boolean quiet = false) {
        Process process = new ProcessBuilder(command*.toString()).redirectErrorStream(true).start()
        String text = ''
        process.inputStream.eachLine { line ->
            text += line + '\n'
            if (!quiet) {
                println secrets.values().inject(line) { shown, secret -> shown.replace(secret, '****') }
            }
        }
        return [status: process.waitFor(), text: text.trim()]
    }

    static Map docker(String verb, List words) {
        Map ended = execute([System.getenv('DOCKER'), verb] + words, true)
        if (ended.status != 0) {
            throw new Failed("docker ${verb}: ${ended.text}")
        }
        return ended
    }

    // Sections of the pipeline

    def pipeline(Closure body) { body() }
    def agent(Closure body) { body() }
    def docker(Closure body) { body() }
    def image(String name) { agent.image = name }
    def args(String options) { agent.args = options }
    def options(Closure body) { body() }
    def timeout(Map limit) { assert limit.time > 0 }
    def environment(Closure body) { body() } // an assignment in it is a variable of the script
    def parameters(Closure body) { body() }
    def steps(Closure body) { body() }
    def script(Closure body) { body() }
    def always(Closure body) { body() }
    def post(Closure body) { body() }

    def string(Map each) {
        if (each.name) {
            setProperty(each.name, given('PARAMETER', each.name))
        }
        return each
    }

    def stages(Closure body) {
        String here = new File('.').canonicalPath
        String user = execute(['id', '-u'], true).text + ':' + execute(['id', '-g'], true).text
        List words = ['-t', '-d', '-u', user, '-w', here, '-v', "${here}:${here}:rw"]
        words += agent.args.tokenize() + System.getenv('DOCKER_RUN').tokenize() + [agent.image, 'cat']
        container = docker('run', words).text
        try {
            body()
        } catch (Failed failure) {
            noted.result = 'FAILURE'
            noted.messages << failure.message
        } finally {
            docker('rm', ['-f', container])
        }
    }

    def stage(String name, Closure body) {
        noted.stages << name
        body()
    }

    // Steps

    def withEnv(List environment, Closure body) {
        Map given = environment.collectEntries { it.split('=', 2).toList() }
        secrets.putAll(given)
        try {
            body()
        } finally {
            given.keySet().each { secrets.remove(it) }
        }
    }

    def withCredentials(List bindings, Closure body) {
        bindings.each { secrets[it.variable] = given('SECRET', it.credentialsId) }
        try {
            body()
        } finally {
            bindings.each { secrets.remove(it.variable) }
        }
    }

    def sh(Map step) {
        Map variables = binding.variables.findAll { name, value -> value instanceof CharSequence } + secrets
        List given = variables.collectMany { name, value -> ['--env', "${name}=${value}"] }
        int status = execute([System.getenv('DOCKER'), 'exec'] + given + [container, 'sh', '-xe', '-c', step.script]).status
        if (step.returnStatus) {
            return status
        }
        if (status != 0) {
            throw new Failed("script returned exit code ${status}")
        }
    }

    def unstable(String message) {
        noted.result = 'UNSTABLE'
        noted.messages << message
    }

    def error(String message) { throw new Failed(message) }
    def junit(Map step) { noted.junit += step.testResults }
    def archiveArtifacts(Map step) { noted.archived += step.artifacts }
}

def settings = new CompilerConfiguration(scriptBaseClass: Jenkins.name)
def binding = new Binding()
def shell = new GroovyShell(this.class.classLoader, binding, settings)
if (this.args.length > 2) {
    new File(this.args[2]).eachFileMatch(~/.*\.groovy/) { file ->
        Script step = shell.parse(file)
        binding.setVariable(file.name - '.groovy', { Map options -> step.call(options) })
    }
}
shell.evaluate(new File(this.args[0]))
new File(this.args[1]).text = JsonOutput.toJson(Jenkins.noted)
