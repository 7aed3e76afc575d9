# Two commands set everything up:   make run   and   make test
# Each installs what it needs from Debian's packages, if it is missing, and then does its work.

SWIFT ?= swift
ARROWS := --explicit-target-dependency-import-check error
RELEASE := -c release --static-swift-stdlib $(ARROWS)

# What the binary is built against, and what the tests talk to.
BUILD_PACKAGES := libsqlite3-dev make zlib1g-dev
TEST_PACKAGES := bind9 bind9-dnsutils bind9-utils chromium conntrack curl dovecot-imapd dovecot-pop3d \
	dovecot-submissiond iproute2 iputils-ping knot knot-dnssecutils knot-dnsutils knot-resolver ldnsutils \
	mariadb-server nftables nginx-light nsd openssh-server openssl pdns-backend-sqlite3 pdns-server postgresql \
	python3-aiosmtpd python3-grpcio python3-venv python3-websockets redis-server sqlite3 unbound vsftpd zbar-tools
# From PyPI: Route 53 on this machine with Amazon's own client, Cloudflare's published types, a dyndns2 service, the
# clients of Hetzner, DigitalOcean, Google and Azure; what drives Chromium, and what looks for hindrances in pages.
TEST_TOOLS := moto[route53,server]==5.2.5 cloudflare==5.9.0 nsupdate==0.13.0 argon2-cffi==25.1.0 hcloud==2.27.0 \
	pydo==0.44.0 google-cloud-dns==0.37.2 azure-mgmt-dns==9.0.0 \
	okerrupdate==2.1.7 playwright==1.65.2 axe-playwright-python==0.1.8 pillow==13.0.0
BENCH_PACKAGES := bind9-dnsutils gdnsd iproute2 knot nginx-light nsd pdns-backend-bind pdns-server \
	prometheus-blackbox-exporter python3 util-linux

.PHONY: run build test lint format screenshots bench bench-checks bench-pages soak differential endurance schemathesis fuzz sanitize \
	clean build-packages test-packages test-tools bench-packages help

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: build ## build the release binary and start the kitten demo (Ctrl-C stops it)
	exec .build/release/ninelives demo

build: build-packages ## build the release binary: .build/release/ninelives
	$(SWIFT) build $(RELEASE) --product ninelives

test: test-packages test-tools lint ## run every test; MODULE=Failover runs one module's only
	$(SWIFT) build --build-tests $(ARROWS)
	Tests/run $(SWIFT) test --skip-build --no-parallel $(if $(MODULE),--filter '^$(MODULE)Tests\.')
	$(if $(MODULE),,Fuzz/run 30)
	$(if $(MODULE),,$(MAKE) schemathesis SECONDS=40 SEED=9)

lint: ## check the style of every source file
	$(SWIFT) format lint --strict --parallel --recursive Package.swift Sources Tests Benchmarks Fuzz

format: ## rewrite every source file in the house style
	$(SWIFT) format --in-place --parallel --recursive Package.swift Sources Tests Benchmarks Fuzz

bench: bench-packages build ## measure our DNS server against others in one run, into docs/performance.md; QUICK=1
	$(SWIFT) build $(RELEASE) --product dnsbench
	.build/release/dnsbench compare $(if $(QUICK),--quick) $(BENCH)

endurance: test-packages ## kill the server a thousand times under load (ROUNDS=1000) and look at what is left
	$(SWIFT) build --build-tests $(ARROWS)
	NINELIVES_POWER_CUTS=$(or $(ROUNDS),1000) Tests/run $(SWIFT) test --skip-build --no-parallel \
		--filter '^ScenarioTests\.PowerCutTests'

bench-checks: bench-packages build ## measure our checks beside gdnsd and blackbox_exporter, into docs/performance.md; QUICK=1
	Benchmarks/checks --write $(if $(QUICK),--quick) $(BENCH)

bench-pages: bench-packages build ## measure the page with 10,000 indicators, into docs/performance.md; QUICK=1
	Benchmarks/pages --write $(if $(QUICK),--quick) $(BENCH)

soak: test-packages ## check all sorts of servers for long, and see that nothing is left behind: SECONDS=240
	$(SWIFT) build --build-tests $(ARROWS)
	NINELIVES_SOAK_SECONDS=$(or $(SECONDS),240) Tests/run $(SWIFT) test --skip-build --no-parallel \
		--filter '^ScenarioTests\.SoakTests'

differential: test-packages ## compare our answers with Knot's and NSD's: SEED=1 COUNT=20000
	$(SWIFT) build --build-tests $(ARROWS)
	NINELIVES_SEED=$(or $(SEED),1) NINELIVES_COUNT=$(or $(COUNT),20000) \
		Tests/run $(SWIFT) test --skip-build --no-parallel --filter '^DifferentialTests\.'

schemathesis: test-packages .build/schemathesis/bin/schemathesis ## ask the API all that its document allows: SECONDS=600
	$(SWIFT) build $(ARROWS) --product ninelives
	Tests/schemathesis $(or $(SECONDS),600) $(SEED)

.build/schemathesis/bin/schemathesis:
	python3 -m venv .build/schemathesis
	.build/schemathesis/bin/pip install --quiet schemathesis==4.32.5 || { rm -r .build/schemathesis; exit 1; }

fuzz: build-packages ## feed parsers and answers with made-up octets: SECONDS=600 for each target
	Fuzz/run $(or $(SECONDS),600)

# What is lost only at the end, or by a library where something fails, is not asked for.
sanitize: test-packages ## run the tests of DNS and its server under AddressSanitizer and ThreadSanitizer
	export ASAN_OPTIONS=detect_leaks=0 TSAN_OPTIONS=suppressions=$(CURDIR)/Tests/tsan.suppressions; \
	for sanitizer in address thread; do \
		$(SWIFT) build --build-tests --sanitize=$$sanitizer --scratch-path .build/$$sanitizer && \
		Tests/run $(SWIFT) test --skip-build --sanitize=$$sanitizer --scratch-path .build/$$sanitizer --no-parallel \
			--filter '^(DNS|DNSServer)Tests\.' || exit 1; \
	done

screenshots: test-tools ## take the pictures of the page that docs/images keeps, with Chromium
	$(SWIFT) build --product ninelives
	Tests/Browser/screenshots .build/debug/ninelives docs/images

clean: ## remove everything that was built
	$(SWIFT) package clean

# $(call install,PACKAGES): installs those that are missing, as root or through sudo.
define install
	@missing=$$(for package in $(1); do \
		dpkg-query --show --showformat='$${db:Status-Status}' $$package 2>/dev/null | grep -qx installed || echo $$package; \
	done); \
	if [ -n "$$missing" ]; then \
		echo "Installing:" $$missing; \
		root=$$([ "$$(id -u)" = 0 ] || echo sudo); \
		$$root apt-get update -qq && \
		$$root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
	fi
endef

build-packages:
	$(call install,$(BUILD_PACKAGES))

test-packages: build-packages
	$(call install,$(TEST_PACKAGES))

# A virtual environment that is made anew when the list above has changed.
test-tools: test-packages
	@if [ "$$(cat .build/test-tools/list 2>/dev/null)" != "$(TEST_TOOLS)" ]; then \
		echo "Installing: $(TEST_TOOLS)"; \
		rm -rf .build/test-tools && python3 -m venv .build/test-tools && \
		.build/test-tools/bin/pip install --quiet --disable-pip-version-check $(foreach tool,$(TEST_TOOLS),'$(tool)') && \
		echo "$(TEST_TOOLS)" >.build/test-tools/list; \
	fi

bench-packages: build-packages
	$(call install,$(BENCH_PACKAGES))
