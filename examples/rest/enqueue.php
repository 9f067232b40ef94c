<?php

// Enqueues the import of a sample, waits until it is done and prints its report. Needs PHP 8.1 or later with the extension curl.

declare(strict_types=1);

/**
 * Sends a request, and returns the answer. A busy server is asked again when it wants to be.
 *
 * @param array<string, mixed>|null $body
 * @param string[] $headers
 * @return array<string, mixed>
 */
function call(string $method, string $path, ?array $body = null, array $headers = []): array
{
    $url = (getenv('TASKQUEUE_API_URL') ?: 'http://127.0.0.1:8080') . '/api/v1/tasks' . $path;
    $headers[] = 'Content-Type: application/json';
    if ($key = getenv('TASKQUEUE_API_KEY')) {
        $headers[] = "Authorization: Bearer $key";
    }
    $patience = time() + 30;
    while (true) {
        $curl = curl_init($url);
        $wait = 1;
        curl_setopt_array($curl, [
            CURLOPT_CUSTOMREQUEST => $method,
            CURLOPT_HTTPHEADER => $headers,
            CURLOPT_RETURNTRANSFER => true,
            CURLOPT_TIMEOUT => 30,
            CURLOPT_HEADERFUNCTION => function ($curl, string $line) use (&$wait): int {
                if (preg_match('/^Retry-After: (\d+)/i', $line, $found)) {
                    $wait = (int) $found[1];
                }
                return strlen($line);
            },
        ]);
        if ($body !== null) {
            curl_setopt($curl, CURLOPT_POSTFIELDS, json_encode($body, JSON_THROW_ON_ERROR));
        }
        $answer = curl_exec($curl);
        if ($answer === false) {
            throw new RuntimeException("$method $url: " . curl_error($curl));
        }
        $status = curl_getinfo($curl, CURLINFO_RESPONSE_CODE);
        // A task of a queue with the broker rds or sqs is unknown until a relay has taken it.
        $toCome = $status === 404 && time() < $patience;
        if ($status === 429 || $status === 503 || $toCome) {
            sleep($wait);
            continue;
        }
        $decoded = json_decode($answer, true, flags: JSON_THROW_ON_ERROR);
        if ($status >= 400) {
            throw new RuntimeException("$status {$decoded['title']}: " . ($decoded['detail'] ?? ''));
        }
        return $decoded;
    }
}

/** Prints a report with its children indented below it. */
function show(array $report, int $depth = 1): void
{
    echo str_repeat('  ', $depth), $report['type'], ': ', $report['message'], "\n";
    foreach ($report['children'] as $child) {
        show($child, $depth + 1);
    }
}

// With the key this may be sent again when the answer was lost: there will be one task.
$key = bin2hex(random_bytes(16));
$task = call('POST', '', [
    'action' => 'csv.import',
    'parameters' => ['sample' => true],
    'label' => 'Import the sample',
], ["Idempotency-Key: \"$key\""]);
while (in_array($task['status'], ['created', 'in_progress'], true)) {
    usleep(500_000);
    $task = call('GET', '/' . rawurlencode($task['id']));
}
echo $task['statusLabel'], "\n";
if (isset($task['report'])) {
    show($task['report']);
}
exit($task['status'] === 'completed' ? 0 : 1);
