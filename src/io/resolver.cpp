#include "resolver.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <optional>

#include "dns_query.h"
#include "hosts_file.h"
#include "lineman/text.h"

namespace lineman {
namespace {

using Addresses = std::vector<Address>;
using Status = DnsAnswer::Status;

// How long the other family is waited for once one has answered (RFC 8305 section 3 has 50 ms,
// for a name server nearby).
constexpr Duration kOtherFamily = std::chrono::milliseconds(250);

constexpr Duration kLongest = std::chrono::hours(1);  // keeps sums of times within their type

std::string quoted(std::string_view host) {
  return "'" + printable(host.substr(0, 80)) + (host.size() > 80 ? "...'" : "'");
}

// Why `host` (without a final dot) cannot be a name in the DNS, or nothing.
std::optional<std::string> bad_name(std::string_view host) {
  if (host.empty()) return "it is empty";
  if (host.size() > 253) return "it is longer than 253 characters";
  for (const std::string_view label : split(host, '.'))
    if (label.empty() || label.size() > 63) return "its parts must have 1 to 63 characters";
  for (const char c : host) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.';
    if (!plain)
      return "a host name has letters, digits, '-', '_' and '.' only (an international one in its "
             "xn-- form)";
  }
  return {};
}

bool is_localhost(std::string_view host) {  // RFC 6761 section 6.3
  constexpr std::string_view kLocal = "localhost", kBelow = ".localhost";
  return iequals(host, kLocal) ||
         (host.size() > kBelow.size() && iequals(host.substr(host.size() - kBelow.size()), kBelow));
}

std::string time_text(Duration d) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
  return ms % 1000 ? std::to_string(ms) + " ms" : std::to_string(ms / 1000) + " s";
}

std::string servers_text(const Addresses& servers) {
  if (servers.empty()) return "no name server";
  std::string out = servers.size() == 1 ? "the name server " : "the name servers ";
  for (std::size_t i = 0; i < servers.size(); ++i) out += (i ? ", " : "") + servers[i].text();
  return out;
}

class CaresResolver final : public Resolver {
 public:
  CaresResolver(Loop& loop, ResolverOptions options) : loop_(loop), options_(std::move(options)) {}
  ~CaresResolver() override { cancel_all(); }

  void resolve(const std::string& host, Duration limit, Done done) override;
  void cancel_all() override;

 private:
  using Id = std::uint64_t;
  struct Request {
    std::string host;
    Done done;
    TimePoint start{}, deadline{};
    Loop::Id timer = 0;  // the deadline, then the delivery
    std::array<std::unique_ptr<DnsQuery>, 2> queries;
    int pending = 0;
    Addresses v4, v6;
    std::vector<DnsAnswer> failures;
    std::optional<Result<Addresses>> result;
  };

  std::optional<Result<Addresses>> without_dns(std::string_view host) const;
  void ask(Id id, Request& request);
  void on_answer(Id id, Address::Family family, DnsAnswer answer);
  void on_deadline(Id id);
  void settle(Id id, Result<Addresses> result);
  void deliver(Id id);
  Error why(const Request& request) const;

  Loop& loop_;
  const ResolverOptions options_;
  std::map<Id, Request> requests_;
  Id next_ = 1;
};

void CaresResolver::resolve(const std::string& host, Duration limit, Done done) {
  const Id id = next_++;
  Request& request = requests_[id];
  request.host = host;
  request.done = std::move(done);
  request.start = loop_.now();
  request.deadline = request.start + std::min(limit, kLongest);
  if (auto known = without_dns(host)) return settle(id, std::move(*known));
  request.timer = loop_.at(request.deadline, [this, id] { on_deadline(id); });
  ask(id, request);
}

std::optional<Result<Addresses>> CaresResolver::without_dns(std::string_view host) const {
  const auto no = [&](const std::string& text) {
    return fail(ErrorCode::kResolve, "cannot resolve " + quoted(host) + ": " + text);
  };
  std::string_view bare = host;
  const bool brackets = bare.size() > 2 && bare.front() == '[' && bare.back() == ']';
  if (brackets) bare = bare.substr(1, bare.size() - 2);
  auto numeric = Address::parse_ip(bare);
  if (numeric) return Result<Addresses>(Addresses{*numeric});
  if (brackets || bare.find(':') != std::string_view::npos) return no(numeric.error().text);

  if (!bare.empty() && bare.back() == '.') bare.remove_suffix(1);
  if (const auto bad = bad_name(bare)) return no(*bad);
  if (auto listed = find_in_hosts(read_hosts_file(options_.hosts_file), bare); !listed.empty())
    return Result<Addresses>(std::move(listed));
  if (is_localhost(bare))
    return Result<Addresses>(Addresses{*Address::parse_ip("127.0.0.1"), *Address::parse_ip("::1")});
  if (!options_.error.empty()) return no(options_.error);
  return {};
}

void CaresResolver::ask(Id id, Request& request) {
  for (auto& query : request.queries) {
    auto opened = DnsQuery::open(loop_, options_.servers);
    if (!opened) return settle(id, tl::make_unexpected(opened.error()));
    query = std::move(*opened);
  }
  request.pending = 2;
  // An answer may come at once; the request stays until a timer delivers it.
  request.queries[0]->start(request.host, Address::Family::kV4, [this, id](DnsAnswer answer) {
    on_answer(id, Address::Family::kV4, std::move(answer));
  });
  request.queries[1]->start(request.host, Address::Family::kV6, [this, id](DnsAnswer answer) {
    on_answer(id, Address::Family::kV6, std::move(answer));
  });
}

void CaresResolver::on_answer(Id id, Address::Family family, DnsAnswer answer) {
  const auto it = requests_.find(id);
  if (it == requests_.end() || it->second.result) return;  // too late
  Request& request = it->second;
  --request.pending;
  if (answer.status == Status::kAddresses)
    (family == Address::Family::kV4 ? request.v4 : request.v6) = std::move(answer.addresses);
  else
    request.failures.push_back(std::move(answer));
  if (request.pending == 0) return on_deadline(id);
  if (request.v4.empty() && request.v6.empty()) return;
  loop_.cancel(request.timer);
  request.timer = loop_.at(std::min(request.deadline, loop_.now() + kOtherFamily),
                           [this, id] { on_deadline(id); });
}

void CaresResolver::on_deadline(Id id) {
  Request& request = requests_.at(id);
  Addresses all = std::move(request.v4);
  all.insert(all.end(), request.v6.begin(), request.v6.end());
  if (!all.empty()) return settle(id, std::move(all));
  settle(id, tl::make_unexpected(why(request)));
}

Error CaresResolver::why(const Request& request) const {
  const auto met = [&](Status status) {
    return std::any_of(request.failures.begin(), request.failures.end(),
                       [&](const DnsAnswer& a) { return a.status == status; });
  };
  const Addresses asked = request.queries[0]->servers();
  const std::string servers = servers_text(asked);
  const bool one = asked.size() == 1;
  const std::string waited = time_text(std::min(loop_.now(), request.deadline) - request.start);
  std::string text = "cannot resolve " + quoted(request.host) + ": ";
  if (met(Status::kNoName)) {
    text += "no such name (NXDOMAIN from " + servers + ")";
  } else if (request.pending > 0 || met(Status::kSilent)) {
    text += servers + (one ? " was" : " were") + " silent for " + waited +
            "; use a numeric address or another name server";
  } else if (met(Status::kUnreachable)) {
    text += servers + (one ? " is" : " are") +
            " unreachable; use a numeric address or check the name servers in /etc/resolv.conf";
  } else if (met(Status::kNoAddress) && !met(Status::kFailed)) {
    text += "the name exists but has no address (no A or AAAA at " + servers + ")";
  } else {
    const auto failed =
        std::find_if(request.failures.begin(), request.failures.end(),
                     [](const DnsAnswer& a) { return a.status == Status::kFailed; });
    text += servers + " could not say: " +
            (failed == request.failures.end() ? std::string("no reason given") : failed->reason);
  }
  return {ErrorCode::kResolve, text};
}

void CaresResolver::settle(Id id, Result<Addresses> result) {
  Request& request = requests_.at(id);
  request.result = std::move(result);
  loop_.cancel(request.timer);
  // A timer and not post(): it can be cancelled.
  request.timer = loop_.at(loop_.now(), [this, id] { deliver(id); });
}

void CaresResolver::deliver(Id id) {
  auto node = requests_.extract(id);
  node.mapped().done(std::move(*node.mapped().result));  // may destroy us: nothing after it
}

void CaresResolver::cancel_all() {
  for (const auto& [id, request] : requests_) loop_.cancel(request.timer);
  requests_.clear();
}

}  // namespace

ResolverOptions resolver_options_from_environment() {
  ResolverOptions out;
  const char* list = std::getenv("LINEMAN_NAMESERVERS");
  if (!list || !*list) return out;
  for (const std::string_view part : split(list, ',')) {
    const std::string_view item = trim(part);
    auto server = Address::parse_ip(item);
    if (!server) server = Address::parse(item);
    if (server)
      out.servers.push_back(*server);
    else
      out.error = "LINEMAN_NAMESERVERS: " + server.error().text;
  }
  return out;
}

std::unique_ptr<Resolver> make_resolver(Loop& loop, ResolverOptions options) {
  return std::make_unique<CaresResolver>(loop, std::move(options));
}

std::unique_ptr<Resolver> make_resolver(Loop& loop) {
  return make_resolver(loop, resolver_options_from_environment());
}

}  // namespace lineman
