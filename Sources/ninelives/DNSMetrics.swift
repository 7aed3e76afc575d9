import DNSServer

extension DNSServerCounters {
    private static let rcodes = ["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"]

    /// In Prometheus' text format.
    var metrics: String {
        var text = """
            # HELP ninelives_dns_queries_total Queries received.
            # TYPE ninelives_dns_queries_total counter
            ninelives_dns_queries_total{transport="udp"} \(udpQueries)
            ninelives_dns_queries_total{transport="tcp"} \(tcpQueries)
            ninelives_dns_queries_total{transport="tls"} \(tlsQueries)
            ninelives_dns_queries_total{transport="https"} \(httpsQueries)
            # HELP ninelives_dns_dropped_total Packets that were not answered.
            # TYPE ninelives_dns_dropped_total counter
            ninelives_dns_dropped_total \(dropped)
            # HELP ninelives_dns_truncated_total Answers that did not fit and were cut with TC.
            # TYPE ninelives_dns_truncated_total counter
            ninelives_dns_truncated_total \(truncated)
            # HELP ninelives_dns_rate_limited_total Answers over the rate limit, sent truncated or not at all.
            # TYPE ninelives_dns_rate_limited_total counter
            ninelives_dns_rate_limited_total{action="slip"} \(rateLimitSlipped)
            ninelives_dns_rate_limited_total{action="drop"} \(rateLimitDropped)
            # HELP ninelives_dns_tcp_connections_total TCP connections accepted.
            # TYPE ninelives_dns_tcp_connections_total counter
            ninelives_dns_tcp_connections_total \(tcpConnections)
            # HELP ninelives_dns_encrypted_connections_total Connections for TLS and HTTPS accepted.
            # TYPE ninelives_dns_encrypted_connections_total counter
            ninelives_dns_encrypted_connections_total \(encryptedConnections)
            # HELP ninelives_dns_connections_closed_for_room_total Idle connections closed to make room for a new one.
            # TYPE ninelives_dns_connections_closed_for_room_total counter
            ninelives_dns_connections_closed_for_room_total \(connectionsClosedForRoom)
            # HELP ninelives_dns_connections_refused_total Connections of clients that had too many.
            # TYPE ninelives_dns_connections_refused_total counter
            ninelives_dns_connections_refused_total \(tcpConnectionsRefused)
            # HELP ninelives_dns_replies_total Replies by response code.
            # TYPE ninelives_dns_replies_total counter

            """
        for (code, count) in replies.enumerated() where code < Self.rcodes.count || count > 0 {
            let name = code < Self.rcodes.count ? Self.rcodes[code] : "RCODE\(code)"
            text += "ninelives_dns_replies_total{rcode=\"\(name)\"} \(count)\n"
        }
        return text
    }
}
