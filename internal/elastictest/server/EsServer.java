import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.node.Node;
import org.elasticsearch.plugins.PluginsLoader;

/**
 * Runs one Elasticsearch node on the loopback address until the standard input ends or the process gets SIGTERM. So it
 * never outlives the process that started it, however that ends.
 * Arguments: HOME (holds config/, modules/ and plugins/), DATA, HTTP_PORT.
 */
public final class EsServer {
    public static void main(String[] args) throws Exception {
        Path home = Path.of(args[0]).toAbsolutePath();
        Path data = Path.of(args[1]).toAbsolutePath();
        Settings.Builder settings = Settings.builder()
            .put("path.home", home.toString())
            .put("path.data", data.toString())
            .put("path.logs", data.resolve("logs").toString())
            .put("http.port", args[2])
            .put("cluster.name", "local")
            .put("node.name", "node-1")
            .put("network.host", "127.0.0.1")
            .put("transport.port", "0") // any free port: nothing connects to it
            .put("discovery.type", "single-node")
            // an almost full disk must not turn indices read-only
            .put("cluster.routing.allocation.disk.threshold_enabled", false);

        // The server's Bootstrap class would also install entitlements, seccomp and bootstrap checks; a Node needs
        // only the logging bridge from it.
        LogConfigurator.configureESLogging();
        Environment env = new Environment(settings.build(), home.resolve("config"));
        PluginsLoader plugins = PluginsLoader.createPluginsLoader(
            PluginsLoader.loadModulesBundles(env.modulesDir()),
            PluginsLoader.loadPluginsBundles(env.pluginsDir()),
            Map.of()
        );
        Node node = new Node(env, plugins);
        CountDownLatch stopped = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                node.close();
            } catch (Exception e) {
                e.printStackTrace();
            }
            stopped.countDown();
        }, "node-close"));
        node.start();
        Thread input = new Thread(() -> {
            try {
                System.in.transferTo(java.io.OutputStream.nullOutputStream());
            } catch (java.io.IOException e) {
                e.printStackTrace();
            }
            System.exit(0);
        }, "input");
        input.setDaemon(true);
        input.start();
        stopped.await();
    }
}
