#include "sluice/masking/mask_text.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

namespace sluice::masking {
namespace {

/// The characters of a text, whole ones; a byte that is no UTF-8 is one of its own.
std::vector<std::string_view> characters(std::string_view text) {
  std::vector<std::string_view> all;
  for (std::size_t at = 0; at < text.size();) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t size = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    all.push_back(text.substr(at, std::min(size, text.size() - at)));
    at += all.back().size();
  }
  return all;
}

std::string digits_of(std::string_view text) {
  std::string digits;
  std::ranges::copy_if(text, std::back_inserter(digits),
                       [](char c) { return c >= '0' && c <= '9'; });
  return digits;
}

std::string stars(std::size_t count) { return std::string(count, '*'); }

/// First and last character stay; of two or fewer none.
std::string mask_middle(std::string_view text) {
  const std::vector<std::string_view> all = characters(text);
  if (all.size() <= 2) {
    return stars(all.size());
  }
  return std::string(all.front()) + stars(all.size() - 2) + std::string(all.back());
}

std::optional<std::string> mask_email(std::string_view text) {
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos || at == 0 || at + 1 == text.size()) {
    return std::nullopt;
  }
  const std::vector<std::string_view> local = characters(text.substr(0, at));
  if (text.substr(0, at).ends_with("***") && local.size() <= 4) {
    return std::string(text);  // it is masked already
  }
  const std::string first(local.size() > 1 ? local.front() : std::string_view{});
  return first + "***" + std::string(text.substr(at));
}

std::optional<std::string> mask_number(std::string_view text, std::size_t least,
                                       std::string_view before) {
  if (text.starts_with(before) && text.size() == before.size() + 4) {
    return std::string(text);  // it is masked already
  }
  const std::string digits = digits_of(text);
  if (digits.size() < least) {
    return std::nullopt;
  }
  return std::string(before) + digits.substr(digits.size() - 4);
}

constexpr std::string_view kPhone = "***-***-";
constexpr std::string_view kCard = "****-****-****-";

struct Template {
  std::string text;
  std::size_t shown = 0;
};

/// {first3}: its characters, digits where there are enough of them.
std::string part_of(std::string_view text, bool is_first, std::size_t count) {
  const std::string digits = digits_of(text);
  if (digits.size() >= count && digits.size() * 2 >= text.size()) {
    return is_first ? digits.substr(0, count) : digits.substr(digits.size() - count);
  }
  const std::vector<std::string_view> all = characters(text);
  std::string part;
  const std::size_t taken = std::min(count, all.size());
  for (std::size_t i = 0; i < taken; ++i) {
    part += all[is_first ? i : all.size() - taken + i];
  }
  return part;
}

std::string mask_by_template(std::string_view text, std::string_view format) {
  Template made;
  for (std::size_t at = 0; at < format.size();) {
    const std::string_view rest = format.substr(at);
    const auto digit_at = [&](std::size_t i) {
      return rest.size() > i + 1 && rest[i] >= '1' && rest[i] <= '9' && rest[i + 1] == '}';
    };
    const bool is_first = rest.starts_with("{first") && digit_at(6);
    const bool is_last = rest.starts_with("{last") && digit_at(5);
    if (is_first || is_last) {
      const std::size_t digit = is_first ? 6 : 5;
      const std::string part = part_of(text, is_first, static_cast<std::size_t>(rest[digit] - '0'));
      made.shown += characters(part).size();
      made.text += part;
      at += digit + 2;
    } else if (rest.starts_with("{domain}")) {
      const std::size_t sign = text.rfind('@');
      made.text += sign == std::string_view::npos ? std::string_view("***") : text.substr(sign + 1);
      at += std::string_view("{domain}").size();
    } else {
      made.text += format[at++];
    }
  }
  const std::size_t size = characters(text).size();
  return made.shown * 2 > size ? stars(size) : made.text;
}

}  // namespace

std::string mask_partial(std::string_view text, std::string_view format) {
  if (format.find('{') != std::string_view::npos) {
    return mask_by_template(text, format);
  }
  std::optional<std::string> masked;
  if (format.empty() || format == "email") {
    masked = mask_email(text);
  }
  if (!masked && (format.empty() || format == "phone")) {
    masked = mask_number(text, 7, kPhone);
  }
  if (!masked && format == "credit_card") {
    masked = mask_number(text, 12, kCard);
  }
  return masked ? *masked : mask_middle(text);
}

bool needs_key(plan::MaskKind kind) {
  switch (kind) {
    case plan::MaskKind::Hash:
    case plan::MaskKind::Encrypt:
    case plan::MaskKind::EncryptEqual: return true;
    case plan::MaskKind::Nullify:
    case plan::MaskKind::Redact:
    case plan::MaskKind::Partial: return false;
  }
  return true;
}

engine::TextFunction make_mask_function(std::string name, const plan::ColumnMask& mask,
                                        std::shared_ptr<const Vault> vault) {
  return {.name = std::move(name),
          .apply = [kind = mask.kind, format = mask.format,
                    vault = std::move(vault)](std::string_view text) -> Result<std::string> {
            if (needs_key(kind) && vault == nullptr) {
              return make_error(ErrorCode::Internal, "a value cannot be masked without a key");
            }
            switch (kind) {
              case plan::MaskKind::Hash: return vault->hash(text);
              case plan::MaskKind::Encrypt: return vault->encrypt(Purpose::Encrypt, text);
              case plan::MaskKind::EncryptEqual: return vault->encrypt(Purpose::EncryptEqual, text);
              case plan::MaskKind::Partial: return mask_partial(text, format);
              case plan::MaskKind::Nullify:
              case plan::MaskKind::Redact: return std::string(kRedacted);
            }
            return std::string(kRedacted);
          }};
}

engine::TextFunction make_seal_function(std::string name, std::shared_ptr<const Vault> vault) {
  return {.name = std::move(name),
          .apply = [vault = std::move(vault)](std::string_view text) -> Result<std::string> {
            if (vault == nullptr) {
              return make_error(ErrorCode::Internal, "a value cannot be sealed without a key");
            }
            return vault->encrypt(Purpose::Seal, text);
          }};
}

engine::TextFunction make_open_function(std::string name, std::shared_ptr<const Vault> vault) {
  return {.name = std::move(name),
          .apply = [vault = std::move(vault)](std::string_view text) -> Result<std::string> {
            if (vault == nullptr) {
              return make_error(ErrorCode::Internal,
                                "a sealed value cannot be opened without a key");
            }
            return vault->decrypt(text);
          }};
}

}  // namespace sluice::masking
