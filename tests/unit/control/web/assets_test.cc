#include "control/web/assets.h"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "control/web/asset_table.h"

namespace opptak::control::web {
namespace {

constexpr std::array<std::string_view, 6> kPaths = {"/index.html", "/app.js",   "/app.css",
                                                    "/early.js",   "/icon.svg", "/licences.txt"};

std::string text_of(const Asset& asset) { return {asset.content.begin(), asset.content.end()}; }

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// Goal: exactly the announced files are there. Method: ask for each, and count all.
TEST(FindAsset, HoldsTheAnnouncedFilesAndNoOther) {
  for (const auto path : kPaths) {
    const auto asset = find_asset(path);
    ASSERT_TRUE(asset) << path;
    EXPECT_FALSE(asset->content.empty()) << path;
  }
  EXPECT_EQ(all_assets().size(), kPaths.size());
}

// Goal: only whole, exact paths are found. Method: near misses.
TEST(FindAsset, FindsNothingElse) {
  for (const auto path : {"", "/", "index.html", "/index.html/", "/INDEX.HTML", "/app.j",
                          "/../index.html", "/index.html?x"}) {
    EXPECT_FALSE(find_asset(path)) << path;
  }
}

// Goal: browsers get types that nosniff accepts. Method: literal types.
TEST(FindAsset, NamesContentTypes) {
  EXPECT_EQ(find_asset("/index.html")->content_type, "text/html; charset=utf-8");
  EXPECT_EQ(find_asset("/app.js")->content_type, "text/javascript; charset=utf-8");
  EXPECT_EQ(find_asset("/app.css")->content_type, "text/css; charset=utf-8");
  EXPECT_EQ(find_asset("/icon.svg")->content_type, "image/svg+xml");
}

// Goal: every file has a strong entity tag of its own (RFC 9110 section 8.8.3).
TEST(FindAsset, TagsEveryFileApart) {
  std::set<std::string_view> seen;
  for (const auto& [path, asset] : all_assets()) {
    ASSERT_GE(asset.etag.size(), 18U) << path;
    EXPECT_EQ(asset.etag.front(), '"') << path;
    EXPECT_EQ(asset.etag.back(), '"') << path;
    EXPECT_TRUE(seen.insert(asset.etag).second) << path;
  }
}

// Goal: the page works under a policy without 'unsafe-inline'. Method: look for what it forbids.
TEST(Page, HasNoInlineScriptOrStyle) {
  const std::string html = text_of(*find_asset("/index.html"));
  EXPECT_FALSE(contains(html, "style=")) << html;
  EXPECT_FALSE(contains(html, "<style")) << html;
  EXPECT_FALSE(contains(html, " on")) << html;
  for (auto at = html.find("<script"); at != std::string::npos; at = html.find("<script", at + 1)) {
    EXPECT_EQ(html.substr(at, 13), "<script src=\"") << html;
  }
}

// Goal: nothing is asked of any other host. Method: the only addresses in the files are XML names.
TEST(Page, NamesNoOtherHost) {
  for (const auto& [path, asset] : all_assets()) {
    if (path == "/licences.txt") continue;  // Prose, never loaded by the page.
    const std::string text = text_of(asset);
    for (const std::string_view scheme : {"http://", "https://"}) {
      for (auto at = text.find(scheme); at != std::string::npos; at = text.find(scheme, at + 1)) {
        EXPECT_EQ(text.substr(at, 18), "http://www.w3.org/") << path << " at " << at;
      }
    }
  }
}

// Goal: the page stays small. Method: all of it before compression.
TEST(Page, StaysSmall) {
  std::size_t total_bytes = 0;
  for (const auto& [path, asset] : all_assets()) total_bytes += asset.content.size();
  EXPECT_LT(total_bytes, 300'000U);
}

// Goal: what the bundle contains of others carries its licence.
TEST(Page, CarriesLicences) {
  const std::string text = text_of(*find_asset("/licences.txt"));
  EXPECT_TRUE(contains(text, "preact"));
  EXPECT_TRUE(contains(text, "Permission is hereby granted"));
}

}  // namespace
}  // namespace opptak::control::web
